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
