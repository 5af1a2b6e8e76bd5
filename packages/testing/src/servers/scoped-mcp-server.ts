import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type LoopbackServer, startLoopbackServer } from "./loopback-server.js";

/** A request, and the scopes of its token. */
export interface ScopedRequest {
  method: string;
  /** The tool of a `tools/call`. */
  tool: string | undefined;
  scopes: readonly string[];
}

export interface ScopedMcpServerOptions {
  /** The scope that a 403 names, null for a 403 without a scope, or `undefined` to answer the request. */
  wants: (request: ScopedRequest) => string | null | undefined | Promise<string | null | undefined>;
  /** What is granted of a requested scope. Default: all of it. */
  grants?: (asked: string) => string;
  /** The scopes in its resource metadata (RFC 9728). Default: `basic`. */
  offers?: readonly string[];
}

export interface ScopedMcpServer extends LoopbackServer {
  /** Its MCP endpoint. */
  url: string;
  /** The scope of each authorization request. */
  asked: string[];
}

/**
 * A hand-written MCP server of the legacy era and its authorization server in one. The test decides which scopes it
 * wants. It signs every user in without asking, first wants the scope `basic`, and has the tools `one` and `two`.
 */
export async function startScopedMcpServer(options: ScopedMcpServerOptions): Promise<ScopedMcpServer> {
  const asked: string[] = [];
  const granted = new Map<string, string>();
  const server: LoopbackServer = await startLoopbackServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  return { ...server, url: `${server.origin}/mcp`, asked };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { origin } = server;
    const { pathname, searchParams } = new URL(request.url ?? "/", origin);
    const body = await textOf(request);
    const json = (value: unknown, status = 200) =>
      void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    switch (pathname) {
      case "/.well-known/oauth-protected-resource/mcp": {
        const { offers = ["basic"] } = options;
        return json({ resource: `${origin}/mcp`, authorization_servers: [origin], scopes_supported: offers });
      }
      case "/.well-known/oauth-authorization-server":
        return json({
          issuer: origin,
          authorization_endpoint: `${origin}/authorize`,
          token_endpoint: `${origin}/token`,
          registration_endpoint: `${origin}/register`,
          response_types_supported: ["code"],
          code_challenge_methods_supported: ["S256"],
          token_endpoint_auth_methods_supported: ["none"],
        });
      case "/register":
        return json({ ...JSON.parse(body), client_id: "app" }, 201);
      case "/authorize": {
        const scope = searchParams.get("scope") ?? "";
        asked.push(scope);
        const back = new URL(searchParams.get("redirect_uri") ?? origin);
        back.searchParams.set("state", searchParams.get("state") ?? "");
        back.searchParams.set("code", scope);
        return void response.writeHead(303, { location: back.href }).end();
      }
      case "/token": {
        // The code is simply the requested scope: nothing here needs protection.
        const scope = new URLSearchParams(body).get("code") ?? "";
        const [access_token, allowed] = [randomUUID(), options.grants?.(scope) ?? scope];
        granted.set(access_token, allowed);
        return json({ access_token, token_type: "Bearer", scope: allowed });
      }
      default:
        return answerMcp(request, response, { body, json });
    }
  }

  async function answerMcp(
    request: IncomingMessage,
    response: ServerResponse,
    { body, json }: { body: string; json: (value: unknown) => void },
  ): Promise<void> {
    if (request.method !== "POST") return void response.writeHead(405).end();
    const refuse = (status: number, parameters: string) => {
      const metadata = `resource_metadata="${server.origin}/.well-known/oauth-protected-resource/mcp"`;
      response.writeHead(status, { "www-authenticate": `Bearer ${metadata}, ${parameters}` }).end();
    };
    const scope = granted.get(request.headers.authorization?.slice("Bearer ".length) ?? "");
    if (scope === undefined) return refuse(401, 'scope="basic"');
    const { id, method, params } = JSON.parse(body);
    const wanted = await options.wants({ method, tool: params?.name, scopes: scope.split(" ") });
    if (wanted !== undefined) {
      return refuse(403, `error="insufficient_scope"${wanted === null ? "" : `, scope="${wanted}"`}`);
    }
    if (id === undefined) return void response.writeHead(202).end();
    const result = resultOf(method, params);
    json({ jsonrpc: "2.0", id, ...(result ? { result } : { error: { code: -32601, message: "Method not found" } }) });
  }
}

function resultOf(method: string, params: { protocolVersion?: string; name?: string } | undefined): unknown {
  if (method === "initialize") {
    const serverInfo = { name: "scoped", version: "1.0.0" };
    return { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo };
  }
  const tools = ["one", "two"].map((name) => ({ name, inputSchema: { type: "object" } }));
  if (method === "tools/list") return { tools };
  return method === "tools/call" ? { content: [{ type: "text", text: `This is ${params?.name}.` }] } : undefined;
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text;
}
