import type { Mcp } from "@mcp-assistant/core";
import { asText, notFound, refusalResponse } from "./edge/refusal.js";

/**
 * `GET …/client-metadata.json`: how this app describes itself to authorization servers. The document's address
 * is the app's `client_id` (OAuth Client ID Metadata Document). It is public and the same for everyone.
 */
export function showClientMetadata(mcp: Mcp): Response {
  const { clientMetadata } = mcp;
  if (!clientMetadata) return refusalResponse(notFound(mcp), asText);
  return Response.json(clientMetadata, { headers: { "cache-control": "public, max-age=3600" } });
}
