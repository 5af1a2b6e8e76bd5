import { type ClientMetadataDocument, documentOfIssuer, type Mcp } from "@mcp-assistant/core";
import { asText, notFound, refusalResponse } from "./edge/refusal.js";

/**
 * `GET …/client-metadata.json`: how this app describes itself to authorization servers that share its redirect URLs. The
 * document's address is the app's `client_id` (OAuth Client ID Metadata Document). It is public and the same for
 * everyone. Sign-ins of earlier versions have it as their client, so it stays.
 */
export const showClientMetadata = (mcp: Mcp): Response => show(mcp, mcp.clientMetadata);

/** `GET …/client/{issuerId}.json`: the same for one issuer alone. It is computed from its name, and stored nowhere. */
export const showIssuersClientMetadata = (mcp: Mcp, issuerId: string): Response =>
  show(mcp, documentOfIssuer(mcp.clientMetadata, `${mcp.baseUrl}${mcp.basePath}`, issuerId));

function show(mcp: Mcp, document: ClientMetadataDocument | null): Response {
  if (!document) return refusalResponse(notFound(mcp), asText);
  return Response.json(document, { headers: { "cache-control": "public, max-age=3600" } });
}
