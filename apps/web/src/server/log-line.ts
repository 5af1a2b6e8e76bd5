import type { McpObservabilityEvent } from "@mcp-assistant/mcp-redis/server";
import { withVariable } from "../operator-hint";

/**
 * A warning or error in one line, with the hint for the operator at its end; null for anything of less importance.
 * Control characters become spaces: some of the metadata comes from servers.
 */
export function logLine({ level, message, at, sessionId, metadata }: McpObservabilityEvent): string | null {
  if (level !== "warn" && level !== "error") return null;
  const attributes: McpObservabilityEvent["metadata"] = { ...metadata, ...(sessionId ? { sessionId } : {}) };
  const { "mcp_redis.operator_hint": hint, ...rest } = attributes;
  const details = Object.entries(rest).map(([name, value]) => `${name}: ${value}`);
  const shown = details.length > 0 ? ` (${details.join(", ")})` : "";
  return `${at} ${level}: ${message}${shown}${hint ? `. ${withVariable(`${hint}`)}` : ""}`.replace(/\p{Cc}+/gu, " ");
}
