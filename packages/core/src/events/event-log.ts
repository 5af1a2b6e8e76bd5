import type { EventId, LoggedEvent } from "@mcp-assistant/protocol";

/** An entry of a user's log. `previous` is the id of the entry before it, by which a reader proves that none is missing. */
export interface LogEntry {
  id: EventId;
  previous: EventId;
  event: LoggedEvent;
}

export interface LogListener {
  /** An entry has just been appended. */
  entry(entry: LogEntry): void;
  /** Entries may have been missed, because the connection to the store was lost and is back. */
  interrupted(): void;
}

/** How many entries a user's log keeps at least, and how long it lives after the last one (s). */
export const logLength = 256;
export const logTtl = 1_800;

/**
 * The durable log of what happened to each user's connections. Entries are appended by the session store, in the same
 * step as the change they tell of.
 *
 * `read` rejects with a `StoreUnavailableError` when the store does not answer.
 */
export interface EventLog {
  /** All entries after `after`; `undefined` when the log no longer reaches back to it. */
  read(userId: string, after: EventId): Promise<LogEntry[] | undefined>;
  /** Delivers the user's entries from the moment it resolves, until the answered function is called. */
  listen(userId: string, listener: LogListener): Promise<() => void>;
}
