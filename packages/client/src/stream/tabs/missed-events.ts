import { type Connection, compareEventIds, type EventId } from "@mcp-assistant/protocol";
import type { RecentEvent } from "../../store/connections-store.js";

export type StreamEntry = Pick<RecentEvent, "id" | "event">;

/** The data that the leader has, and may pass on. */
export interface LeaderData {
  /** Undefined before the first snapshot. */
  connections: readonly Connection[] | undefined;
  lastEventId: EventId | undefined;
  recent: readonly RecentEvent[];
  /** Whether its stream is open, so that it is up to date with the server. */
  isLive: boolean;
  /** ms since the epoch, by the store's clock. */
  now: number;
}

/**
 * What a tab that stopped at `since` has missed, in the form in which the server would send it: the events since then,
 * or a snapshot if the recent events do not reach back that far. Pure.
 */
export function missedEvents(
  { connections, lastEventId, recent, isLive, now }: LeaderData,
  since: EventId | undefined,
): StreamEntry[] {
  if (!connections || lastEventId === undefined) return [];
  if (since !== undefined) {
    // The tab has events from the previous leader that our stream will bring, too. If our stream is live and has not
    // brought them, the log has restarted.
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
  // Events that are not logged carry the id of the event before them. A reader drops those that it already has.
  return order > 0 || (order === 0 && (event.type === "progress" || event.type === "session_removed"));
}
