import { createHash, randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type LoopbackServer, startLoopbackServer } from "./loopback-server.js";

export interface ScopeBoundOptions {
  /** The scopes of a client that registers without naming any (RFC 7591 §2). */
  defaultScope: string;
  /** Whether a registration's answer names the scopes of the client, as RFC 7591 §3.2.1 wants it. */
  saysScope?: boolean;
  /** Whether its page knows the clients. If not, only its token endpoint does. */
  pageKnowsClients?: boolean;
}

export interface ScopeBoundServer extends LoopbackServer {
  issuer: string;
  /** The scope that each registration named. */
  registered: (string | undefined)[];
  /** The scope of an access token that it has issued. */
  scopeOf: (token: string) => string | undefined;
  /** Forgets all clients, like one that keeps them in memory and starts again. */
  forget: () => void;
}

/**
 * An authorization server that lists no scopes and holds each client to those that it has registered for (RFC 6749
 * §3.3). It checks clients, redirect URLs and PKCE like a real one, and signs every user in without asking.
 */
export async function startScopeBoundServer({
  defaultScope,
  saysScope = true,
  pageKnowsClients = true,
}: ScopeBoundOptions): Promise<ScopeBoundServer> {
  const clients = new Map<string, { redirectUris: string[]; scope: string }>();
  const codes = new Map<string, { clientId: string; redirectUri: string; scope: string; challenge: string }>();
  const tokens = new Map<string, string>();
  const registered: (string | undefined)[] = [];
  const server: LoopbackServer = await startLoopbackServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  return {
    ...server,
    issuer: server.origin,
    registered,
    scopeOf: (token) => tokens.get(token),
    forget: () => clients.clear(),
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { origin } = server;
    const { pathname, searchParams } = new URL(request.url ?? "/", origin);
    const body = await textOf(request);
    const json = (value: unknown, status = 200) =>
      void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    switch (pathname) {
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
        return json(register(JSON.parse(body)), 201);
      case "/authorize": {
        const location = authorize(searchParams);
        if (!location) return void response.writeHead(400).end("This app is not known here.");
        return void response.writeHead(303, { location }).end();
      }
      case "/token": {
        const { error, ...granted } = exchange(new URLSearchParams(body));
        return error === undefined ? json(granted) : json({ error }, error === "invalid_client" ? 401 : 400);
      }
      default:
        return json({}, 404);
    }
  }

  function register({ scope, redirect_uris }: { scope?: string; redirect_uris: string[] }) {
    const client_id = randomUUID();
    registered.push(scope);
    clients.set(client_id, { redirectUris: redirect_uris, scope: scope ?? defaultScope });
    return { client_id, redirect_uris, ...(saysScope ? { scope: scope ?? defaultScope } : {}) };
  }

  /** Where the user is sent back to, or undefined for a page that sends them nowhere. */
  function authorize(asked: URLSearchParams): string | undefined {
    const [clientId, redirectUri] = [asked.get("client_id") ?? "", asked.get("redirect_uri") ?? ""];
    const client = clients.get(clientId);
    if (pageKnowsClients && !client?.redirectUris.includes(redirectUri)) return undefined;
    const back = new URL(redirectUri);
    back.searchParams.set("state", asked.get("state") ?? "");
    const scope = asked.get("scope") ?? defaultScope;
    const held = client?.scope.split(" ") ?? scope.split(" ");
    if (!scope.split(" ").every((token) => held.includes(token))) {
      back.searchParams.set("error", "invalid_scope");
      return back.href;
    }
    const code = randomUUID();
    codes.set(code, { clientId, redirectUri, scope, challenge: asked.get("code_challenge") ?? "" });
    back.searchParams.set("code", code);
    return back.href;
  }

  function exchange(form: URLSearchParams): { error?: string; [member: string]: string | undefined } {
    if (!clients.has(form.get("client_id") ?? "")) return { error: "invalid_client" };
    const code = codes.get(form.get("code") ?? "");
    codes.delete(form.get("code") ?? "");
    const challenge = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    const isItsOwn = code?.clientId === form.get("client_id") && code?.redirectUri === form.get("redirect_uri");
    if (!code || !isItsOwn || code.challenge !== challenge) return { error: "invalid_grant" };
    const access_token = randomUUID();
    tokens.set(access_token, code.scope);
    return { access_token, token_type: "Bearer", scope: code.scope };
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text;
}
