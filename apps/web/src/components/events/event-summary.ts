import type { McpConnectionEvent } from "@mcp-assistant/mcp-redis/shared";
import { stateLooks, stateText, toolsText, wantsMore } from "../connection/state-look";
import type { HistoryChange } from "./changes";

/** What happened, in one line. */
export function eventSummary([event, ...more]: HistoryChange["events"]): string {
  return [headOf(event), detailOf(event), ...more.map(detailOf)].join("");
}

function headOf(event: McpConnectionEvent): string {
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
      return event.count === 0 ? "Found no tools" : `Found ${toolsText(event.count)}`;
    case "auth_required":
      return "The server requires sign-in";
    case "error":
      return "Failed";
    case "disconnected":
      return "Disconnected";
    case "progress":
      return "In progress";
    case "resources_changed":
      return "The server has changed its resources";
    case "prompts_changed":
      return "The server has changed its prompts";
    case "resource_updated":
      return "A resource has changed";
    case "session_removed":
      return "Removed";
    case "reset":
      return "Some earlier events are not shown";
  }
}

/** What an event adds to the line of its change. */
function detailOf(event: McpConnectionEvent): string {
  switch (event.type) {
    case "tools_discovered":
      // In the first list, every tool is new.
      return (event.addedCount ?? event.added.length) === event.count
        ? namesText(": ", event.added, event.addedCount)
        : namesText("; new: ", event.added, event.addedCount) +
            namesText("; removed: ", event.removed, event.removedCount);
    case "error":
      return `: ${event.error}`;
    case "disconnected":
      return event.reason ? `: ${event.reason}` : "";
    case "progress":
      return `: ${event.message}`;
    default:
      return "";
  }
}

/** `count`: how many names there are, if these are only the first. */
function namesText(label: string, names: readonly string[], count = names.length): string {
  if (count === 0) return "";
  const shown = names.slice(0, 3);
  return `${label}${shown.join(", ")}${count > shown.length ? ` and ${count - shown.length} more` : ""}`;
}
