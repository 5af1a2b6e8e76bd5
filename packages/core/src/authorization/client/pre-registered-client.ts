export const authMethods = ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"] as const;
export const grants = ["authorization_code", "client_credentials"] as const;

/** A client that an operator has registered at an authorization server by hand (MCP authorization, pre-registration). */
export interface PreRegisteredClient {
  /** The origin of the MCP server that it is for, such as `https://mcp.example.com`; every server of the issuer without. */
  serverOrigin?: string | undefined;
  /**
   * The authorization server's issuer identifier (RFC 8414), compared exactly with the one found. A client with a secret
   * or a key must name it: an MCP server could else name any authorization server, and have the secret sent there.
   */
  issuer?: string | undefined;
  clientId: string;
  clientSecret?: string | undefined;
  /** PEM, for `private_key_jwt` (RFC 7523): RSA, EC (P-256, P-384, P-521) or Ed25519. */
  privateKey?: string | undefined;
  /** RFC 7591. By default `private_key_jwt` with a key, what the server offers with a secret, `none` without either. */
  tokenEndpointAuthMethod?: (typeof authMethods)[number] | undefined;
  /**
   * `authorization_code` by default: each user signs in. With `client_credentials` nobody does: the server sees the app
   * itself, whichever of its users is connected.
   */
  grant?: (typeof grants)[number] | undefined;
  /** The scope to ask for where the server names none (MCP, scope selection); separated by spaces. */
  scope?: string | undefined;
}
