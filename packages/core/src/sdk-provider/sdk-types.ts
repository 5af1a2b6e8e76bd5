/** The shapes that the official SDKs use, v1 and v2. Our own, so that an app need not install the SDK that we use. */

/** The tokens of a sign-in. The provider never gives the refresh token. */
export interface ProviderTokens {
  access_token: string;
  token_type: string;
  /** How long (s) the access token is still valid. */
  expires_in?: number;
  scope?: string;
  /** The authorization server that issued them. */
  issuer?: string;
}

/** The answer to an exchange, as the SDK hands it over (RFC 6749 §5.1). */
export interface GrantedTokens extends ProviderTokens {
  refresh_token?: string | undefined;
  id_token?: string | undefined;
}

/** Our client at an authorization server. The provider adds its secret to the requests itself. */
export interface ProviderClient {
  client_id: string;
  issuer?: string;
}

/** How the app describes itself when it registers (RFC 7591 §2). */
export interface ProviderClientMetadata {
  client_name: string;
  redirect_uris: string[];
  grant_types: string[];
  response_types: string[];
  token_endpoint_auth_method: string;
}

/** The metadata of an authorization server (RFC 8414), as far as we use it. */
interface ProviderServerMetadata {
  issuer: string;
  authorization_endpoint: string;
  token_endpoint: string;
  response_types_supported: string[];
  code_challenge_methods_supported?: string[] | undefined;
  authorization_response_iss_parameter_supported?: boolean | undefined;
  [more: string]: unknown;
}

/** Where a sign-in takes place. */
export interface ProviderDiscovery {
  authorizationServerUrl: string;
  authorizationServerMetadata?: ProviderServerMetadata;
  /** RFC 9728. */
  resourceMetadata?: { resource: string; authorization_servers: string[] };
}

/** What the SDK v2 says about a request for tokens or a client. */
export interface ProviderContext {
  issuer: string;
}
