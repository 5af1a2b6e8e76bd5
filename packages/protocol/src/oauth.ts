/**
 * An answer of a token endpoint (RFC 6749 §5.1; `id_token`: OpenID Connect Core §3.1.3.3). The same shape as in both
 * versions of the MCP SDK.
 */
export interface OAuthTokens {
  access_token: string;
  token_type: string;
  /** Seconds from the answer on. */
  expires_in?: number | undefined;
  /** Separated by spaces. */
  scope?: string | undefined;
  refresh_token?: string | undefined;
  id_token?: string | undefined;
}

/** A client as an authorization server registered it (RFC 7591 §3.2.1). The same shape as in the MCP SDK. */
export interface OAuthClientInformation {
  client_id: string;
  client_secret?: string | undefined;
  /** Seconds since the epoch. */
  client_id_issued_at?: number | undefined;
  /** Seconds since the epoch; 0 if it does not expire. */
  client_secret_expires_at?: number | undefined;
}
