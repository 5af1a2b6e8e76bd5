import type { LoggedEvent, McpConnectionEvent } from "./connection-event.js";

/**
 * An event of the log as a reader gets it. Processes of an earlier version send `error` and `disconnected` as the log
 * stores them, so readers use this, too: during a deploy, a page may be newer than the process that answers it.
 */
export function toConnectionEvent(
  event: Exclude<LoggedEvent, { type: "tools_discovered" }> | McpConnectionEvent,
): McpConnectionEvent {
  switch (event.type) {
    case "error":
      return "info" in event ? event : { ...event, error: event.error.message, info: event.error };
    case "disconnected": {
      const { reason, ...rest } = event;
      return typeof reason === "string" ? { ...rest, reason } : rest;
    }
    default:
      return event;
  }
}
