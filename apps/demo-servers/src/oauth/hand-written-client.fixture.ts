import { createHash, randomBytes } from "node:crypto";
import * as z from "zod";
import { type Answer, answerConsentPage } from "./person.js";
import type { OauthServer } from "./server.js";

const REDIRECT_URI = "http://127.0.0.1:9/callback";

const tokensSchema = z.object({
  access_token: z.string(),
  refresh_token: z.string(),
  expires_in: z.number(),
  scope: z.string(),
});

export type Tokens = z.infer<typeof tokensSchema>;

/** A demo server in this process or in another one. */
type Reached = Pick<OauthServer, "url" | "issuer">;

/** An OAuth client in plain `fetch`, so that everything it sends is visible in this file, not hidden in a library. */
export class HandWrittenClient {
  readonly clientId: string;
  readonly #server: Reached;
  readonly #verifier = randomBytes(32).toString("base64url");

  private constructor(server: Reached, clientId: string) {
    this.#server = server;
    this.clientId = clientId;
  }

  static async register(server: Reached, metadata: Record<string, unknown> = {}): Promise<HandWrittenClient> {
    const response = await registerClient(server, metadata);
    const { client_id } = z.object({ client_id: z.string() }).parse(await response.json());
    return new HandWrittenClient(server, client_id);
  }

  /** @param changes parameters to set; `undefined` leaves a parameter out */
  authorizationUrl(changes: Record<string, string | undefined> = {}): URL {
    const url = new URL("/auth", this.#server.issuer);
    const parameters = {
      response_type: "code",
      client_id: this.clientId,
      redirect_uri: REDIRECT_URI,
      scope: "notes:read notes:write",
      resource: this.#server.url,
      code_challenge: createHash("sha256").update(this.#verifier).digest("base64url"),
      code_challenge_method: "S256",
      state: "the-state",
      ...changes,
    };
    for (const [name, value] of Object.entries(parameters)) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    return url;
  }

  exchange(code: string, verifier: string = this.#verifier): Promise<Response> {
    const parameters = { code, code_verifier: verifier, redirect_uri: REDIRECT_URI, resource: this.#server.url };
    return this.#post("/token", { grant_type: "authorization_code", ...parameters });
  }

  refresh(refreshToken: string): Promise<Response> {
    return this.#post("/token", { grant_type: "refresh_token", refresh_token: refreshToken });
  }

  revoke(token: string): Promise<Response> {
    return this.#post("/token/revocation", { token });
  }

  async signIn(answer: Answer = {}, changes: Record<string, string | undefined> = {}): Promise<Tokens> {
    const callback = await answerConsentPage(this.authorizationUrl(changes), answer);
    return readTokens(await this.exchange(callback.searchParams.get("code") ?? ""));
  }

  #post(path: string, parameters: Record<string, string>): Promise<Response> {
    const body = new URLSearchParams({ client_id: this.clientId, ...parameters });
    return fetch(new URL(path, this.#server.issuer), { method: "POST", body });
  }
}

export function registerClient(server: Reached, metadata: Record<string, unknown> = {}): Promise<Response> {
  return fetch(new URL("/reg", server.issuer), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      client_name: "Hand-written client",
      redirect_uris: [REDIRECT_URI],
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "none",
      ...metadata,
    }),
  });
}

export async function readTokens(response: Response): Promise<Tokens> {
  return tokensSchema.parse(await response.json());
}

/** Sends one JSON-RPC message to the MCP endpoint. */
export function postMcp(server: { url: string }, message: unknown, headers: Record<string, string> = {}) {
  return fetch(server.url, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers },
    body: JSON.stringify(message),
  });
}

export const INITIALIZE = {
  jsonrpc: "2.0",
  id: 0,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "hand-written", version: "0" } },
};
