// One line for every event of a user's connections.
import type { McpConnectionEvent } from "@mcp-assistant/mcp-redis/shared";

export function lineOf(event: McpConnectionEvent): string {
  switch (event.type) {
    case "state_changed":
      return `${event.sessionId} is ${event.state}`;
    case "tools_discovered":
      return `${event.sessionId} has ${event.tools.map(({ name }) => name).join(", ")}`;
    case "auth_required":
      return `${event.sessionId} asks for a sign-in at ${event.authUrl}`;
    case "error":
      return `${event.sessionId} failed: ${event.error}`;
    case "disconnected":
      return `${event.sessionId} ended: ${event.reason ?? "as asked"}`;
    case "progress":
      return `${event.sessionId}: ${event.message}`;
    // More than a page may expect: how far a call has come, what has changed at the server, a connection is gone, or this
    // is how all of them are now.
    case "call_progress":
      return `${event.sessionId}: ${event.progress} of ${event.total ?? "unknown"}`;
    case "resources_changed":
      return `${event.sessionId} has other resources`;
    case "prompts_changed":
      return `${event.sessionId} has other prompts`;
    case "resource_updated":
      return `${event.sessionId} has changed ${event.uri}`;
    case "session_removed":
      return `${event.sessionId} is removed`;
    case "reset":
      return `${event.connections.length} connections`;
  }
}
