import type { Mcp } from "@mcp-assistant/core";
import { notFound, refusalResponse } from "./edge/refusal.js";

/**
 * `GET /api/mcp/client-metadata.json`: how this app describes itself to authorization servers. The document's address
 * is the app's `client_id` (OAuth Client ID Metadata Document). It is public and the same for everyone.
 */
export function showClientMetadata({ clientMetadata }: Mcp): Response {
  if (!clientMetadata) return refusalResponse(notFound(), { asTrpc: false });
  return Response.json(clientMetadata, { headers: { "cache-control": "public, max-age=3600" } });
}
