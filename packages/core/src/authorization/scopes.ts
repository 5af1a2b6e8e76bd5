import { computeScopeUnion } from "@modelcontextprotocol/client";
import type { DiscoveredServer } from "./discovery.js";

/**
 * The scope to ask for (MCP authorization, scope selection): what the challenge named, else all that the resource
 * offers; with `offline_access` where the authorization server knows it, so that the sign-in lasts.
 */
export function chooseScope(
  server: Pick<DiscoveredServer, "resourceMetadata" | "authorizationServerMetadata">,
  challenged: string | null | undefined,
): string | undefined {
  const scope = challenged || server.resourceMetadata?.scopes_supported?.join(" ") || undefined;
  const offline = server.authorizationServerMetadata?.scopes_supported?.includes("offline_access");
  return scope && offline ? computeScopeUnion(scope, "offline_access") : scope;
}
