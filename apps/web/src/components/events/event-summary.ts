import type { McpConnectionEvent } from "@mcp-assistant/mcp-redis/shared";
import { stateLooks, stateText, toolsText, wantsMore } from "../connection/state-look";

/** What happened, in a line. */
export function eventSummary(event: McpConnectionEvent): string {
  switch (event.type) {
    case "state_changed": {
      if (event.previousState === event.state) {
        if (wantsMore(event.connection)) return "The server wants more permission";
        return event.connection.signedIn ? "Signed in" : "Signed out";
      }
      const now = stateText(event.connection);
      return event.previousState ? `${stateLooks[event.previousState].text} → ${now}` : `Added: ${now}`;
    }
    case "tools_discovered":
      // The first list is all new.
      return event.added.length === event.count
        ? namesText(`Listed ${toolsText(event.count)}`, event.added) || "Listed no tools"
        : [`Listed ${toolsText(event.count)}`, namesText("new", event.added), namesText("gone", event.removed)]
            .filter(Boolean)
            .join("; ");
    case "auth_required":
      return "The server asks for a sign-in";
    case "error":
      return event.error.message;
    case "disconnected":
      return event.reason ?? "Disconnected";
    case "progress":
      return event.message;
    case "session_removed":
      return "Removed, with its sign-in";
    case "reset":
      return "Caught up: some events before this one were missed";
  }
}

function namesText(label: string, names: readonly string[]): string {
  if (names.length === 0) return "";
  const shown = names.slice(0, 3).join(", ");
  return `${label}: ${shown}${names.length > 3 ? ` and ${names.length - 3} more` : ""}`;
}
