export const authMethods = ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"] as const;
export const grants = ["authorization_code", "client_credentials"] as const;
export const callbacks = ["shared", "issuer"] as const;

/** A client that the operator registered at an authorization server by hand (MCP authorization, pre-registration). */
export interface PreRegisteredClient {
  /**
   * The origin of the MCP server that the client is for, such as `https://mcp.example.com`. Without it, the client is
   * for every server of the issuer.
   */
  serverOrigin?: string | undefined;
  /**
   * The authorization server's issuer identifier (RFC 8414), compared exactly with the one found. Required with a
   * secret or a key: otherwise an MCP server could name any authorization server and have the secret sent there.
   */
  issuer?: string | undefined;
  clientId: string;
  clientSecret?: string | undefined;
  /** PEM, for `private_key_jwt` (RFC 7523): RSA, EC (P-256, P-384, P-521) or Ed25519. */
  privateKey?: string | undefined;
  /**
   * RFC 7591. Default: `private_key_jwt` with a key, a method that the server offers with a secret, `none` without
   * either.
   */
  tokenEndpointAuthMethod?: (typeof authMethods)[number] | undefined;
  /**
   * Default: `authorization_code`, where each user signs in. With `client_credentials`, users do not sign in: the
   * server sees the app itself, regardless of which user is connected.
   */
  grant?: (typeof grants)[number] | undefined;
  /** The scope to ask for if the server names none (MCP, scope selection), separated by spaces. */
  scope?: string | undefined;
  /**
   * Where its sign-ins come back to. Default: `shared`, the app's callback or the connection's `callbackUrl`. With
   * `issuer`, a redirect URL of that issuer alone, so that no code can be taken for another issuer's (RFC 9700 §4.4.2):
   * `{baseUrl}{basePath}/auth/issuer/` and base64url of the SHA-256 of the issuer. Register it there first.
   */
  callback?: (typeof callbacks)[number] | undefined;
}
