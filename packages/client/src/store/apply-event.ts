import type { Connection, McpConnectionEvent } from "@mcp-assistant/protocol";

/**
 * Returns the connections after an event, in the order in which they were created. It is pure, and returns the same
 * array if nothing changes. Undefined until the first `reset`, because there is nothing to apply a change to.
 *
 * A snapshot may be newer than the events that follow it (its id is the log's tail, read before the records), so a
 * change that is not newer than the known `v` is dropped. A removed session needs no tombstone: its id is never used
 * again, and its older events come before its removal.
 */
export function applyEvent(
  connections: readonly Connection[] | undefined,
  event: McpConnectionEvent,
): readonly Connection[] | undefined {
  if (event.type === "reset") return event.connections.toSorted(byAge);
  if (!connections) return undefined;
  const known = connections.find(({ sessionId }) => sessionId === event.sessionId);
  switch (event.type) {
    case "state_changed":
      if (known && known.v >= event.connection.v) return connections;
      return [...connections.filter((connection) => connection !== known), event.connection].sort(byAge);
    case "tools_discovered":
      if (!known || known.v > event.v) return connections;
      if (known.toolCount === event.count && known.toolsListedAt === event.at) return connections;
      // Keep `v`: the state_changed of the same write has the same `v`, and must not count as old.
      return connections.map((connection) =>
        connection === known ? { ...known, toolCount: event.count, toolsListedAt: event.at } : connection,
      );
    case "session_removed":
      return known ? connections.filter((connection) => connection !== known) : connections;
    default:
      return connections;
  }
}

/** Oldest first. */
export function byAge(a: Connection, b: Connection): number {
  return compareText(a.createdAt, b.createdAt) || compareText(a.sessionId, b.sessionId);
}

/** Compares code units, so it is the same in every locale. ISO instants of one clock sort by time. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
