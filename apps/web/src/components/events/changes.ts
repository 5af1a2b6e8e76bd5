import type { RecentEvent } from "@mcp-assistant/mcp-redis/client";
import type { McpConnectionEvent } from "@mcp-assistant/mcp-redis/shared";

/** What happened at once, as one entry of the history. */
export interface HistoryChange {
  key: number;
  /** The event that names the change, and those that add to it: why it failed, or which tools were found. */
  events: readonly [McpConnectionEvent, ...McpConnectionEvent[]];
}

/** The changes that events report, oldest first. The snapshot at the start of a stream is not a change for the user. */
export function changesIn(recent: readonly RecentEvent[]): HistoryChange[] {
  const changes: HistoryChange[] = [];
  for (const [index, { key, event }] of recent.entries()) {
    if (index === 0 && event.type === "reset") continue;
    const last = changes.at(-1);
    if (last && isSameChange(last.events[0], event)) last.events = [...last.events, event];
    else changes.push({ key, events: [event] });
  }
  return changes;
}

/** One write to a session reports its new state first. All events of a write have the version that it made. */
function isSameChange(first: McpConnectionEvent, event: McpConnectionEvent): boolean {
  if (first.type !== "state_changed" || event.type === "reset" || event.type === "call_progress") return false;
  return first.sessionId === event.sessionId && first.v === event.v;
}
