import type { McpConnectionEvent } from "@mcp-assistant/mcp-redis/shared";

/** Whether all known connections disappeared together, as when the app lost its storage. A new connection ends that. */
export function haveVanished(events: readonly McpConnectionEvent[]): boolean {
  const known = new Set<string>();
  let vanished = false;
  for (const event of events) {
    if (event.type === "reset") {
      vanished = event.connections.length === 0 && (vanished || known.size > 0);
      known.clear();
      for (const { sessionId } of event.connections) known.add(sessionId);
    } else if (event.type === "session_removed") {
      known.delete(event.sessionId);
    } else {
      vanished = false;
      known.add(event.sessionId);
    }
  }
  return vanished;
}
