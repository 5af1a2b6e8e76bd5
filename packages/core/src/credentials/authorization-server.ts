import { parseUrl } from "@mcp-assistant/protocol";
import * as z from "zod";

const strings = z.array(z.string()).optional();
const url = z.string().refine((text) => parseUrl(text) !== undefined);

/** What we use of an authorization server's metadata (RFC 8414, OpenID Connect Discovery). The rest is dropped. */
export const metadataSchema = z.object({
  issuer: url,
  authorization_endpoint: z.string(),
  token_endpoint: url,
  registration_endpoint: url.optional(),
  revocation_endpoint: url.optional(),
  scopes_supported: strings,
  response_types_supported: z.array(z.string()),
  grant_types_supported: strings,
  code_challenge_methods_supported: strings,
  token_endpoint_auth_methods_supported: strings,
  token_endpoint_auth_signing_alg_values_supported: strings,
  revocation_endpoint_auth_methods_supported: strings,
  revocation_endpoint_auth_signing_alg_values_supported: strings,
  client_id_metadata_document_supported: z.boolean().optional(),
  authorization_response_iss_parameter_supported: z.boolean().optional().catch(undefined),
});

export type AuthorizationServerMetadata = z.infer<typeof metadataSchema>;

/** How many members of a list are kept, and how long (UTF-16 code units) each may be. */
const [maxKept, maxKeptLength] = [32, 64];

/**
 * The metadata with what a real server has of each list, each member once. Lists come from unvetted servers, and are
 * kept.
 */
export function withShortLists(metadata: AuthorizationServerMetadata): AuthorizationServerMetadata {
  const short = Object.entries(metadata).map(([name, value]) => [
    name,
    Array.isArray(value) ? shortList(value) : value,
  ]);
  return metadataSchema.parse(Object.fromEntries(short));
}

const shortList = (list: readonly string[]): string[] =>
  [...new Set(list)].filter(({ length }) => length <= maxKeptLength).slice(0, maxKept);

/**
 * What is kept of the metadata once the user has signed in: what renewals and revocations use, and in a short form what
 * older versions of this app require. Every call reads it.
 */
export function usedAfterSignIn(metadata: AuthorizationServerMetadata): AuthorizationServerMetadata {
  return withShortLists({
    issuer: metadata.issuer,
    authorization_endpoint: metadata.authorization_endpoint,
    token_endpoint: metadata.token_endpoint,
    revocation_endpoint: metadata.revocation_endpoint,
    response_types_supported: ["code"],
    grant_types_supported: metadata.grant_types_supported,
    token_endpoint_auth_methods_supported: metadata.token_endpoint_auth_methods_supported,
    token_endpoint_auth_signing_alg_values_supported: metadata.token_endpoint_auth_signing_alg_values_supported,
    revocation_endpoint_auth_methods_supported: metadata.revocation_endpoint_auth_methods_supported,
    revocation_endpoint_auth_signing_alg_values_supported:
      metadata.revocation_endpoint_auth_signing_alg_values_supported,
  });
}

/** The authorization server as seen when the user consented. A refresh token is sent to no other endpoint. */
export const authorizationServerSchema = z.object({
  url: z.string(),
  metadata: metadataSchema.nullable(),
  /** RFC 8707 resource, verbatim from the resource metadata. */
  resource: z.string().nullable(),
});

type AuthorizationServer = z.infer<typeof authorizationServerSchema>;

/** The authorization server's issuer identifier (RFC 8414). */
export const issuerOf = ({ metadata, url }: AuthorizationServer): string => metadata?.issuer ?? url;
