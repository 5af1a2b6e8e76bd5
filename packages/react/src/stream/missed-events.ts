import { type Connection, compareEventIds, type EventId } from "@mcp-assistant/protocol";
import type { RecentEvent } from "../cache/connections-cache.js";

export type StreamEntry = Pick<RecentEvent, "id" | "event">;

/** What the leader knows, and may tell. */
export interface Told {
  /** Undefined before the first snapshot. */
  connections: readonly Connection[] | undefined;
  lastEventId: EventId | undefined;
  recent: readonly RecentEvent[];
  /** Whether its stream stands, so that it has what the server has. */
  isLive: boolean;
  /** ms since the epoch, by the store's clock. */
  now: number;
}

/**
 * What a tab that stopped at `since` has missed, told as the server would tell it: the events since then, or a snapshot
 * when they do not reach back. Pure.
 */
export function missedEvents(
  { connections, lastEventId, recent, isLive, now }: Told,
  since: EventId | undefined,
): StreamEntry[] {
  if (!connections || lastEventId === undefined) return [];
  if (since !== undefined) {
    // It heard the last words of the leader before, which our stream will bring, too. Once that is live and has not
    // brought them, the log has begun anew.
    if (compareEventIds(since, lastEventId) > 0 && !isLive) return [];
    const reachesBack = recent[0] !== undefined && compareEventIds(recent[0].id, since) <= 0;
    if (reachesBack && compareEventIds(since, lastEventId) <= 0) {
      return recent.filter((entry) => isAfter(entry, since)).map(({ id, event }) => ({ id, event }));
    }
  }
  const at = new Date(now).toISOString();
  return [{ id: lastEventId, event: { type: "reset", at, connections: [...connections] } }];
}

function isAfter({ id, event }: RecentEvent, since: EventId): boolean {
  const order = compareEventIds(id, since);
  // Those that are not logged carry the id of the event before them; a reader knows what it has of them already.
  return order > 0 || (order === 0 && (event.type === "progress" || event.type === "session_removed"));
}
