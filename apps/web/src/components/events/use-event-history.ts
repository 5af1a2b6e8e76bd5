"use client";

import { useConnectionEvents, useConnections } from "@mcp-assistant/mcp-redis/client";
import { useMemo } from "react";
import { changesIn, type HistoryChange } from "./changes";

export interface HistoryEntry extends HistoryChange {
  /** The server of the change, also after its connection was removed; null for a change of all connections. */
  serverName: string | null;
}

/** The changes since the page was opened, newest first; at most `limit` of them. */
export function useEventHistory(limit?: number): readonly HistoryEntry[] {
  const { data: connections } = useConnections();
  const recent = useConnectionEvents();
  return useMemo(() => {
    const names = new Map<string, string>();
    for (const { event } of recent) {
      const reported =
        event.type === "reset" ? event.connections : event.type === "state_changed" ? [event.connection] : [];
      for (const { sessionId, serverName } of reported) names.set(sessionId, serverName);
    }
    for (const { sessionId, serverName } of connections ?? []) names.set(sessionId, serverName);
    return changesIn(recent)
      .slice(limit === undefined ? 0 : -limit)
      .reverse()
      .map((change) => {
        const [event] = change.events;
        return {
          ...change,
          serverName: event.type === "reset" ? null : (names.get(event.sessionId) ?? event.serverId),
        };
      });
  }, [connections, limit, recent]);
}
