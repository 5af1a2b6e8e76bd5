import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { startLoopbackServer } from "./loopback-server.js";
import { type Moment, Moments, type Stall } from "./moments.js";
import { secret, TokenBooks } from "./token-books.js";

export interface BookkeepingServerOptions {
  /** The lifetime (s) of an access token, or `null` if the server does not tell it. Default: 60. */
  expiresIn?: number | null;
  /** Whether clients get a secret and a registration access token. */
  confidential?: boolean;
}

/** A request that came in, without its secrets. */
interface Asked {
  what: "mcp" | "register" | "authorization_code" | "refresh_token" | "revoke";
}

export interface BookkeepingServer {
  /** The MCP endpoint. */
  url: string;
  /** The authorization server, on the same port. */
  issuer: string;
  /** The hosts that an allow-list for outbound requests must name. */
  hosts: readonly string[];
  books: TokenBooks;
  /** Every secret that a request or an answer has carried so far, by name. */
  secrets: Map<string, string>;
  /** From now on its metadata names another origin for token requests, such as a cutting proxy. */
  takeTokenRequestsAt(origin: string): void;
  /** The path and query of every request from the app. */
  urls(): readonly string[];
  /** How many requests of this kind came in. */
  count(what: Asked["what"]): number;
  resetCounts(): void;
  /** From now on, requests at a matching moment hang until they are released. */
  stall(matches: (moment: Moment) => boolean): Stall;
  /** From now on, requests at a matching moment get a 503, until the returned function is called. */
  fail(matches: (moment: Moment) => boolean): () => void;
  /**
   * Plays the user's browser at the authorization server: consents or declines, and returns the redirect back.
   */
  answer(authorizationUrl: string, decision?: "allow" | "deny"): Promise<URL>;
  close(): Promise<void>;
}

const resourcePath = "/.well-known/oauth-protected-resource/mcp";

/**
 * A hand-written MCP server of the legacy era with one tool, `echo`, behind its own authorization server. Every request
 * can be stopped at a critical moment, and the books show which tokens are valid.
 */
export async function startBookkeepingServer(options: BookkeepingServerOptions = {}): Promise<BookkeepingServer> {
  const { expiresIn = 60, confidential = false } = options;
  const books = new TokenBooks({ expiresIn });
  const moments = new Moments();
  const secrets = new Map<string, string>();
  let tokenOrigin: string | undefined;
  const asked: Asked["what"][] = [];
  const keep = (name: string, value: string | null) => value && secrets.set(`${name} ${secrets.size}`, value);

  const routes: Record<string, (request: IncomingMessage, response: ServerResponse) => Promise<void> | void> = {
    [resourcePath]: (_request, response) =>
      json(response, 200, { resource: url(), authorization_servers: [origin()], scopes_supported: ["notes"] }),
    "/.well-known/oauth-authorization-server": (_request, response) => json(response, 200, metadata()),
    "/authorize": (request, response) => {
      const { searchParams } = new URL(request.url ?? "", origin());
      response.writeHead(302, { location: consent(searchParams).href }).end();
    },
    "/register": async (request, response) => {
      asked.push("register");
      const client = JSON.parse(await text(request));
      await moments.pass({ at: "register" }, response);
      const [clientSecret, registrationToken] = [secret("client-secret"), secret("registration")];
      if (confidential) {
        keep("client secret", clientSecret);
        keep("registration access token", registrationToken);
      }
      json(response, 201, {
        ...client,
        client_id: secret("client"),
        ...(confidential ? { client_secret: clientSecret, registration_access_token: registrationToken } : {}),
      });
    },
    "/token": async (request, response) => {
      const form = new URLSearchParams(await text(request));
      const grant = form.get("grant_type") === "refresh_token" ? "refresh_token" : "authorization_code";
      asked.push(grant);
      for (const name of ["code", "code_verifier", "refresh_token"]) keep(name, form.get(name));
      const given = form.get(grant === "refresh_token" ? "refresh_token" : "code") ?? "";
      await moments.pass({ at: "token asked", grant, given }, response);
      const { status, body } = books.answer(form);
      for (const name of ["access_token", "refresh_token"]) keep(name, String(body[name] ?? ""));
      await moments.pass({ at: "token granted", grant, given }, response);
      json(response, status, status === 400 ? { ...body, error_description: `${given} of ${form}` } : body);
    },
    "/revoke": async (request, response) => {
      asked.push("revoke");
      books.revoke(new URLSearchParams(await text(request)));
      response.writeHead(200).end();
    },
    "/mcp": async (request, response) => {
      if (request.method !== "POST") return void response.writeHead(405).end();
      asked.push("mcp");
      const message = JSON.parse(await text(request));
      const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
      const authorized = books.isLive(token);
      await moments.pass({ at: "mcp", method: message.method, authorized }, response);
      if (authorized) answerMcp(message, response);
      else
        json(
          response,
          401,
          {},
          { "www-authenticate": `Bearer resource_metadata="${origin()}${resourcePath}", scope="notes"` },
        );
    },
  };

  const urls: string[] = [];
  const server = await startLoopbackServer((request, response) => {
    // Requests to /authorize come from the browser.
    if (!request.url?.startsWith("/authorize?")) urls.push(request.url ?? "");
    const route = routes[(request.url ?? "").split("?")[0] ?? ""];
    if (!route) return void response.writeHead(404).end();
    Promise.resolve(route(request, response)).catch(() => response.destroy());
  });
  const origin = () => server.origin;
  const url = () => `${server.origin}/mcp`;

  function metadata() {
    const methods = confidential ? ["client_secret_post"] : ["none"];
    return {
      issuer: origin(),
      authorization_endpoint: `${origin()}/authorize`,
      token_endpoint: `${tokenOrigin ?? origin()}/token`,
      registration_endpoint: `${origin()}/register`,
      revocation_endpoint: `${origin()}/revoke`,
      response_types_supported: ["code"],
      grant_types_supported: ["authorization_code", "refresh_token"],
      code_challenge_methods_supported: ["S256"],
      token_endpoint_auth_methods_supported: methods,
      revocation_endpoint_auth_methods_supported: methods,
      authorization_response_iss_parameter_supported: true,
    };
  }

  /** The redirect for a user who allows or denies access. */
  function consent(asking: URLSearchParams): URL {
    const back = new URL(asking.get("redirect_uri") ?? "");
    back.searchParams.set("state", asking.get("state") ?? "");
    back.searchParams.set("iss", origin());
    if (asking.get("decision") === "deny") {
      back.searchParams.set("error", "access_denied");
      return back;
    }
    const code = books.issueCode({
      challenge: asking.get("code_challenge") ?? "",
      redirectUri: asking.get("redirect_uri") ?? "",
      scope: asking.get("scope") ?? "notes",
    });
    keep("code", code);
    back.searchParams.set("code", code);
    return back;
  }

  return {
    url: url(),
    issuer: origin(),
    hosts: [server.host],
    books,
    secrets,
    urls: () => urls,
    takeTokenRequestsAt: (other) => {
      tokenOrigin = other;
    },
    count: (what) => asked.filter((each) => each === what).length,
    resetCounts: () => {
      asked.length = 0;
    },
    stall: (matches) => moments.stall(matches),
    fail: (matches) => moments.fail(matches),
    answer: async (authorizationUrl, decision = "allow") => {
      const asking = new URL(authorizationUrl);
      asking.searchParams.set("decision", decision);
      const response = await fetch(asking, { redirect: "manual" });
      await response.body?.cancel();
      return new URL(response.headers.get("location") ?? "");
    },
    close: () => server.close(),
  };
}

const echo = {
  name: "echo",
  inputSchema: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
};

function answerMcp(
  { id, method, params }: { id?: unknown; method: string; params?: Record<string, unknown> },
  response: ServerResponse,
): void {
  if (id === undefined) return void response.writeHead(202).end();
  const args = params?.arguments as { text?: string } | undefined;
  const results: Record<string, unknown> = {
    initialize: {
      protocolVersion: params?.protocolVersion,
      capabilities: { tools: {} },
      serverInfo: { name: "bookkeeping", version: "1.0.0" },
    },
    "tools/list": { tools: [echo] },
    "tools/call": { content: [{ type: "text", text: `You said ${args?.text}` }] },
  };
  const result = results[method];
  json(response, 200, {
    jsonrpc: "2.0",
    id,
    ...(result ? { result } : { error: { code: -32601, message: "Method not found" } }),
  });
}

function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}
