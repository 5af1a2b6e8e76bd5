/**
 * What the server offers. `token` is the exchange of a code, `refresh` the same address with `grant_type=refresh_token`;
 * `metadata` stands for RFC 8414's document and for OpenID Connect's.
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

/** What an endpoint answers in place of what it should. */
export type HostileAnswer =
  /** These words: `status` is 200, and there is no content type, unless they say so. */
  | { kind: "reply"; status?: number; headers?: Readonly<Record<string, string>>; body?: string }
  /** A redirect: to the same path at the other origin, where `to` names no URL. */
  | { kind: "redirect"; status: 301 | 302 | 303 | 307 | 308; to?: string }
  /** Nothing at all: the request is taken and never answered. */
  | { kind: "stall" }
  /** The true answer, but so slowly that it takes for ever: one byte every `every` ms (1 000). */
  | { kind: "drip"; every?: number }
  /** JSON that goes on and on, for so many bytes. */
  | { kind: "flood"; bytes: number }
  /** The connection is closed. */
  | { kind: "cut" };

/** Members of a JSON document that are put in place of the true ones; `undefined` takes one out. */
export type Members = Readonly<Record<string, unknown>>;

/** What the server lies about. What is left out is as it should be. */
export interface Lies {
  /** Endpoints that answer something else than they should. */
  answers?: Readonly<Partial<Record<HostileEndpoint, HostileAnswer>>>;
  /** The `WWW-Authenticate` header of a 401, as it is (latin1), or several of them; `null` for none. */
  challenge?: string | readonly string[] | null;
  /** In the protected resource metadata (RFC 9728). */
  resourceMetadata?: Members;
  /** In the authorization server's metadata (RFC 8414). */
  metadata?: Members;
  /** Endpoints that the metadata names at the other origin, where they work as well. */
  elsewhere?: readonly ("authorization" | "token" | "registration" | "revocation")[];
  /** In the answer to a registration (RFC 7591). */
  registration?: Members;
  /** The issuer in the redirect back to the client (RFC 9207), or `null` for none. */
  iss?: string | null;
  /** In the answer of the token endpoint (RFC 6749 §5.1), to a code and to a refresh token alike. */
  tokens?: Members;
  /**
   * What becomes of a refresh token that is used: `rotate` (the default) gives a new one, and takes a second use of the
   * old one for theft, which ends the sign-in; `keep` lets it be used again and again.
   */
  refreshTokens?: "rotate" | "keep";
}

/** An error of RFC 6749 §5.2, with whatever text goes along. */
export function oauthError(error: string, description?: string, status = 400): HostileAnswer {
  return {
    kind: "reply",
    status,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ error, error_description: description }),
  };
}
