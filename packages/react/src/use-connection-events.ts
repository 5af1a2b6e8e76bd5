"use client";

import { maxRecentEvents, type RecentEvent } from "@mcp-assistant/client";
import { useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import { useMcpContext } from "./mcp-context.js";

export interface UseConnectionEventsOptions {
  /** Called once for each event that arrives while the component is mounted, snapshots (`reset`) included. */
  onEvent?: (recent: RecentEvent) => void;
  /** How many events to return. 200 is both the default and the maximum. */
  limit?: number;
}

/** The latest events, newest last. They are kept as long as the query client, whatever components mount and unmount. */
export function useConnectionEvents({
  onEvent,
  limit = maxRecentEvents,
}: UseConnectionEventsOptions = {}): readonly RecentEvent[] {
  const { recent } = useMcpContext("useConnectionEvents").store;
  const all = useSyncExternalStore(recent.subscribe, recent.get, recent.get);
  const latest = useRef(onEvent);
  useEffect(() => {
    latest.current = onEvent;
  });
  useEffect(
    () =>
      recent.subscribe(() => {
        const newest = recent.get().at(-1);
        if (newest) latest.current?.(newest);
      }),
    [recent],
  );
  return useMemo(() => (limit < all.length ? all.slice(all.length - limit) : all), [all, limit]);
}
