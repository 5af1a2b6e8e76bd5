"use client";

import { type RecentEvent, useConnectionEvents, useMcp } from "@mcp-assistant/mcp-redis/client";
import { useMemo } from "react";

export interface HistoryEntry extends RecentEvent {
  /** Whose event it is, also after its connection was removed; null for what concerns all of them. */
  serverName: string | null;
}

/** What has happened since the page was opened, newest first; the latest `limit` of it. */
export function useEventHistory(limit?: number): readonly HistoryEntry[] {
  const { connections } = useMcp();
  const recent = useConnectionEvents();
  return useMemo(() => {
    // The snapshot that a stream begins with is nothing that happened.
    const happened = recent.filter(({ event }, index) => index > 0 || event.type !== "reset");
    const names = new Map<string, string>();
    for (const { event } of recent) {
      const told =
        event.type === "reset" ? event.connections : event.type === "state_changed" ? [event.connection] : [];
      for (const { sessionId, serverName } of told) names.set(sessionId, serverName);
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
