import type { Mcp } from "@mcp-assistant/core";
import { notFound, refusalResponse } from "./edge/refusal.js";

/**
 * `GET /api/mcp/client-metadata.json`: what this app says of itself to authorization servers, whose address is its
 * `client_id` there (OAuth Client ID Metadata Document). The same for everybody: no user is asked for.
 */
export function showClientMetadata({ clientMetadata }: Mcp): Response {
  if (!clientMetadata) return refusalResponse(notFound(), { asTrpc: false });
  return Response.json(clientMetadata, { headers: { "cache-control": "public, max-age=3600" } });
}
