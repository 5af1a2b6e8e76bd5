import type { IncomingMessage, ServerResponse } from "node:http";
import { answerLegacyMcp } from "../servers/legacy-mcp.js";
import { startLoopbackServer } from "../servers/loopback-server.js";
import { HonestAuthorization } from "./honest-authorization.js";
import type { HostileEndpoint, Lies } from "./lies.js";
import { type HostileRequest, type Incoming, readIncoming, Secrets } from "./received-requests.js";
import { json, type Reply, sendAnswer, sendReply } from "./send-answer.js";

export interface HostileAuthorizationServer {
  /** The MCP server's URL: `http://127.0.0.1:port/mcp`. It has one tool, `whoami`. */
  url: string;
  /** The authorization server's issuer, which is the MCP server's own origin. */
  issuer: string;
  /** Another origin, where everything works as well. Requests that arrive there have been led astray. */
  elsewhere: string;
  /** `host:port` of both origins. */
  hosts: readonly [server: string, elsewhere: string];
  /** From now on it tells only these lies. Without an argument it is honest. */
  lie(lies?: Lies): void;
  /** From now on the MCP server refuses the access tokens issued so far. The refresh tokens stay valid. */
  expireAccessTokens(): void;
  /** All requests so far, oldest first. */
  requests(): readonly HostileRequest[];
  resetRequests(): void;
  close(): Promise<void>;
}

const paths: Readonly<Record<string, HostileEndpoint>> = {
  "/mcp": "mcp",
  "/.well-known/oauth-protected-resource/mcp": "resourceMetadata",
  "/.well-known/oauth-protected-resource": "resourceMetadata",
  "/.well-known/oauth-authorization-server": "metadata",
  "/.well-known/openid-configuration": "metadata",
  "/register": "registration",
  "/authorize": "authorization",
  "/token": "token",
  "/revoke": "revocation",
};

/**
 * An MCP server that requires a sign-in, and its authorization server, on a free port of 127.0.0.1, to test what a
 * client must withstand. It behaves well and consents to everything at once, except where it is told to lie.
 *
 * ```ts
 * const server = await startHostileAuthorizationServer({ lies: { tokens: { token_type: "MAC" } } });
 * server.lie({ answers: { refresh: { kind: "stall" } } });
 * expect(server.requests().filter(({ at, secrets }) => at === "elsewhere" && secrets.length > 0)).toEqual([]);
 * ```
 */
export async function startHostileAuthorizationServer({
  lies: first = {},
}: {
  lies?: Lies;
} = {}): Promise<HostileAuthorizationServer> {
  let lies = first;
  let received: HostileRequest[] = [];
  const secrets = new Secrets();
  const listener = (at: HostileRequest["at"]) => (request: IncomingMessage, response: ServerResponse) => {
    answer(at, request, response).catch(() => response.destroy());
  };
  const server = await startLoopbackServer(listener("server"));
  const other = await startLoopbackServer(listener("elsewhere"));
  const { origin } = server;
  const honest = new HonestAuthorization(origin, secrets);

  async function answer(at: HostileRequest["at"], request: IncomingMessage, response: ServerResponse) {
    const incoming = await readIncoming(request, at === "server" ? server.origin : other.origin);
    const endpoint = endpointOf(incoming);
    received.push({
      at,
      endpoint,
      method: incoming.method,
      path: incoming.url.pathname,
      grantType: incoming.form.get("grant_type"),
      secrets: secrets.in(incoming),
    });
    const lie = endpoint === "other" || at === "elsewhere" ? undefined : lies.answers?.[endpoint];
    // Only a slow answer is true. With any other lie the server does not act on the request.
    const truth = lie && lie.kind !== "drip" ? json(200, {}) : truthOf(endpoint, incoming);
    if (!lie) return sendReply(response, truth);
    const { pathname, search } = incoming.url;
    return sendAnswer(response, lie, { truth, otherUrl: `${other.origin}${pathname}${search}` });
  }

  function truthOf(endpoint: HostileRequest["endpoint"], incoming: Incoming): Reply {
    switch (endpoint) {
      case "mcp":
        return mcp(incoming);
      case "resourceMetadata":
        return resourceMetadata(incoming);
      case "metadata":
        return metadata(incoming);
      case "registration":
        return honest.register(incoming, lies);
      case "authorization":
        return honest.authorize(incoming, lies);
      case "token":
      case "refresh":
        return honest.token(incoming, lies);
      case "revocation":
        return honest.revoke(incoming);
      case "other":
        return notFound;
    }
  }

  function mcp({ method, headers, body }: Incoming): Reply {
    const token = /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1];
    if (token === undefined || !honest.accepts(token)) {
      const truth = `Bearer resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp", scope="notes"`;
      const challenge = lies.challenge === undefined ? truth : lies.challenge;
      return json(401, { error: "invalid_token" }, challenge === null ? {} : { "www-authenticate": listOf(challenge) });
    }
    if (method !== "POST") return { status: 405, headers: {}, body: "" };
    const message = answerLegacyMcp(JSON.parse(body), { name: "hostile", tools: ["whoami"] });
    return message === undefined ? { status: 202, headers: {}, body: "" } : json(200, message);
  }

  function resourceMetadata({ url }: Incoming): Reply {
    if (!url.pathname.endsWith("/mcp")) return notFound;
    const truth = { resource: `${origin}/mcp`, authorization_servers: [origin], scopes_supported: ["notes"] };
    return json(200, { ...truth, ...lies.resourceMetadata });
  }

  function metadata({ url }: Incoming): Reply {
    if (!url.pathname.endsWith("oauth-authorization-server")) return notFound;
    const at = (name: NonNullable<Lies["elsewhere"]>[number]) =>
      lies.elsewhere?.includes(name) ? other.origin : origin;
    return json(200, {
      issuer: origin,
      authorization_endpoint: `${at("authorization")}/authorize`,
      token_endpoint: `${at("token")}/token`,
      registration_endpoint: `${at("registration")}/register`,
      revocation_endpoint: `${at("revocation")}/revoke`,
      response_types_supported: ["code"],
      grant_types_supported: ["authorization_code", "refresh_token"],
      code_challenge_methods_supported: ["S256"],
      token_endpoint_auth_methods_supported: ["none", "client_secret_basic", "client_secret_post"],
      authorization_response_iss_parameter_supported: true,
      ...lies.metadata,
    });
  }

  return {
    url: `${origin}/mcp`,
    issuer: origin,
    elsewhere: other.origin,
    hosts: [server.host, other.host],
    lie: (next = {}) => {
      lies = next;
    },
    expireAccessTokens: () => honest.expireAccessTokens(),
    requests: () => received,
    resetRequests: () => {
      received = [];
    },
    close: async () => {
      await Promise.all([server.close(), other.close()]);
    },
  };
}

const notFound: Reply = { status: 404, headers: {}, body: "" };

const listOf = (challenge: string | readonly string[]) => [challenge].flat();

function endpointOf({ url, form }: Incoming): HostileRequest["endpoint"] {
  const endpoint = paths[url.pathname] ?? "other";
  return endpoint === "token" && form.get("grant_type") === "refresh_token" ? "refresh" : endpoint;
}
