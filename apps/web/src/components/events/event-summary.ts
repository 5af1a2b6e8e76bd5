import type { McpConnectionEvent } from "@mcp-assistant/mcp-redis/shared";
import { stateLooks, stateText, toolsText, wantsMore } from "../connection/state-look";

/** What happened, in one line. */
export function eventSummary(event: McpConnectionEvent): string {
  switch (event.type) {
    case "state_changed": {
      if (event.previousState === event.state) {
        if (wantsMore(event.connection)) return "The server needs another permission";
        return event.connection.signedIn ? "Signed in" : "Signed out";
      }
      const now = stateText(event.connection);
      return event.previousState ? `${stateLooks[event.previousState].text} → ${now}` : `Added: ${now}`;
    }
    case "tools_discovered":
      // In the first list, every tool is new.
      return event.added.length === event.count
        ? namesText(`Found ${toolsText(event.count)}`, event.added) || "Found no tools"
        : [`Found ${toolsText(event.count)}`, namesText("new", event.added), namesText("removed", event.removed)]
            .filter(Boolean)
            .join("; ");
    case "auth_required":
      return "The server requires sign-in";
    case "error":
      return event.error.message;
    case "disconnected":
      return event.reason ?? "Disconnected";
    case "progress":
      return event.message;
    case "session_removed":
      return "Removed";
    case "reset":
      return "Some earlier events are not shown";
  }
}

function namesText(label: string, names: readonly string[]): string {
  if (names.length === 0) return "";
  const shown = names.slice(0, 3).join(", ");
  return `${label}: ${shown}${names.length > 3 ? ` and ${names.length - 3} more` : ""}`;
}
