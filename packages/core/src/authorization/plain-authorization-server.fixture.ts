import type { IncomingMessage, ServerResponse } from "node:http";
import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { startLoopbackServer } from "@mcp-assistant/testing/servers";

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}

const answerJson = (response: ServerResponse, status: number, body: unknown) =>
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));

interface Registration {
  status: number;
  body: unknown;
}

const registered = (asked: string): Registration => ({
  status: 201,
  body: { ...JSON.parse(asked), client_id: `client-${crypto.randomUUID()}` },
});

/**
 * An authorization server without pages, for behaviour that a real one does not show: it accepts any code. `metadata`
 * is added to its own metadata, and `register` answers registrations. `asked` holds every request except those for
 * metadata. Its tokens contain its port.
 */
export async function startPlainAuthorizationServer({
  metadata = {},
  register = registered,
  beforeTokens = async () => undefined,
}: {
  metadata?: Record<string, unknown>;
  register?: (asked: string) => Registration;
  /** Awaited before a token request is answered. */
  beforeTokens?: () => Promise<unknown>;
} = {}) {
  const asked: { path: string; text: string; authorization: string | undefined }[] = [];
  const { origin, host, close } = await startLoopbackServer(async (request, response) => {
    const path = request.url ?? "";
    if (path.startsWith("/.well-known/")) {
      answerJson(response, 200, {
        issuer: origin,
        authorization_endpoint: `${origin}/auth`,
        token_endpoint: `${origin}/token`,
        registration_endpoint: `${origin}/reg`,
        response_types_supported: ["code"],
        code_challenge_methods_supported: ["S256"],
        token_endpoint_auth_methods_supported: ["none"],
        ...metadata,
      });
      return;
    }
    const text = await textOf(request);
    asked.push({ path, text, authorization: request.headers.authorization });
    if (path === "/reg") {
      const { status, body } = register(text);
      answerJson(response, status, body);
      return;
    }
    if (path === "/token") await beforeTokens();
    const id = `${new URL(origin).port}-${crypto.randomUUID()}`;
    const tokens = { access_token: `access-${id}`, refresh_token: `refresh-${id}`, token_type: "Bearer" };
    answerJson(response, 200, { ...tokens, expires_in: 3_600 });
  });
  return { issuer: origin, host, asked, close };
}

/**
 * "Demo tools" behind a guard that lets accepted tokens through, and otherwise names the current issuer. `scopes`:
 * those in its resource metadata.
 */
export async function startGuardedServer(guard: {
  issuer: () => string;
  accepts: (token: string) => boolean;
  scopes?: readonly string[];
}) {
  const tools = await startModernServer();
  const server = await startLoopbackServer(async (request, response) => {
    const url = `${server.origin}/mcp`;
    if (request.url?.startsWith("/.well-known/")) {
      const scopes = guard.scopes ? { scopes_supported: guard.scopes } : {};
      answerJson(response, 200, { resource: url, authorization_servers: [guard.issuer()], ...scopes });
      return;
    }
    const { authorization = "", host: _own, connection: _hop, "content-length": _length, ...headers } = request.headers;
    if (!guard.accepts(authorization.replace(/^Bearer /, ""))) {
      const metadata = `${server.origin}/.well-known/oauth-protected-resource/mcp`;
      response.writeHead(401, { "www-authenticate": `Bearer resource_metadata="${metadata}"` }).end();
      return;
    }
    const answer = await fetch(tools.url, {
      method: request.method ?? "POST",
      headers: Object.entries(headers).map(([name, value]) => [name, String(value)] as [string, string]),
      body: await textOf(request),
    });
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "text/plain" });
    response.end(await answer.text());
  });
  const close = async () => {
    await Promise.all([server.close(), tools.close()]);
  };
  return { url: `${server.origin}/mcp`, host: server.host, close };
}
