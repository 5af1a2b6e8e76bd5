"use client";

import { type RecentEvent, useConnectionEvents, useMcp } from "@mcp-assistant/mcp-redis/client";
import { useMemo } from "react";

export interface HistoryEntry extends RecentEvent {
  /** The server of the event, also after its connection was removed; null for an event about all connections. */
  serverName: string | null;
}

/** The events since the page was opened, newest first; at most `limit` of them. */
export function useEventHistory(limit?: number): readonly HistoryEntry[] {
  const { connections } = useMcp();
  const recent = useConnectionEvents();
  return useMemo(() => {
    // The snapshot at the start of a stream is not an event for the user.
    const happened = recent.filter(({ event }, index) => index > 0 || event.type !== "reset");
    const names = new Map<string, string>();
    for (const { event } of recent) {
      const reported =
        event.type === "reset" ? event.connections : event.type === "state_changed" ? [event.connection] : [];
      for (const { sessionId, serverName } of reported) names.set(sessionId, serverName);
    }
    for (const { sessionId, serverName } of connections ?? []) names.set(sessionId, serverName);
    return happened
      .slice(limit === undefined ? 0 : -limit)
      .reverse()
      .map((entry) => ({
        ...entry,
        serverName: entry.event.type === "reset" ? null : (names.get(entry.event.sessionId) ?? entry.event.serverId),
      }));
  }, [connections, limit, recent]);
}
