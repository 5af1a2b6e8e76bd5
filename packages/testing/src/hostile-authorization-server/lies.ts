/**
 * The server's endpoints. `token` is the exchange of a code, and `refresh` the same address with
 * `grant_type=refresh_token`. `metadata` is both the document of RFC 8414 and that of OpenID Connect.
 */
export type HostileEndpoint =
  | "mcp"
  | "resourceMetadata"
  | "metadata"
  | "registration"
  | "authorization"
  | "token"
  | "refresh"
  | "revocation";

/** The answer of an endpoint in place of the true one. */
export type HostileAnswer =
  /** This reply. Default: status 200 and no content type. */
  | { kind: "reply"; status?: number; headers?: Readonly<Record<string, string>>; body?: string }
  /** A redirect to `to`, by default to the same path at the other origin. */
  | { kind: "redirect"; status: 301 | 302 | 303 | 307 | 308; to?: string }
  /** Nothing: the request is accepted and never answered. */
  | { kind: "stall" }
  /** The true answer, but extremely slowly: one byte every `every` ms (1 000). */
  | { kind: "drip"; every?: number }
  /** A JSON document of this many bytes. */
  | { kind: "flood"; bytes: number }
  /** The connection is closed. */
  | { kind: "cut" };

/** Members of a JSON document that replace the true ones. `undefined` removes a member. */
export type Members = Readonly<Record<string, unknown>>;

/** What the server lies about. Everything else is true. */
export interface Lies {
  /** Endpoints with another answer than the true one. */
  answers?: Readonly<Partial<Record<HostileEndpoint, HostileAnswer>>>;
  /** The exact `WWW-Authenticate` header of a 401 (latin1), or several of them, or `null` for none. */
  challenge?: string | readonly string[] | null;
  /** Members of the protected resource metadata (RFC 9728). */
  resourceMetadata?: Members;
  /** Members of the authorization server's metadata (RFC 8414). */
  metadata?: Members;
  /** Endpoints that the metadata places at the other origin, where they work as well. */
  elsewhere?: readonly ("authorization" | "token" | "registration" | "revocation")[];
  /** Members of the answer to a registration (RFC 7591). */
  registration?: Members;
  /** The issuer in the redirect back to the client (RFC 9207), or `null` for none. */
  iss?: string | null;
  /** Members of the token endpoint's answer (RFC 6749 §5.1), for codes and for refresh tokens. */
  tokens?: Members;
  /**
   * What happens when a refresh token is used. `rotate` (the default) issues a new one, and treats a second use of the
   * old one as theft, which ends the sign-in. `keep` allows any number of uses.
   */
  refreshTokens?: "rotate" | "keep";
}

/** An error of RFC 6749 §5.2 with any description. */
export function oauthError(error: string, description?: string, status = 400): HostileAnswer {
  return {
    kind: "reply",
    status,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ error, error_description: description }),
  };
}
