import type { EventId, LoggedEvent } from "@mcp-assistant/protocol";
import type { SessionRecord } from "./session-record.js";

/** A record as read, with the store's clock at that moment (ms since the epoch). */
export interface StoredSession {
  record: SessionRecord;
  /** The credentials' stored text, when there are any. */
  credentials: string | undefined;
  now: number;
}

export interface Commit {
  /** The record as this writer last saw it. The commit is refused when the stored one has another version. */
  previous: SessionRecord;
  next: SessionRecord;
  /** Appended to the user's log in the same step, or not at all. */
  events: readonly LoggedEvent[];
  /** Left as they are when absent; `null` erases them. */
  credentials?: string | null;
}

export type Created = { created: true } | { created: false; sessionId: string };

/**
 * Where sessions are kept. Every method is one atomic step. A state change, its index entry and its events become
 * visible together. Reads renew what belongs to the session, so that nobody is thrown out while working.
 *
 * Every method rejects with a `StoreUnavailableError` when the store does not answer.
 */
export interface SessionStore {
  /**
   * Keeps a new session, unless the user already has one for its serverId: then that one's id is answered. `replacing`
   * names such an id that turned out to point to nothing.
   */
  create(record: SessionRecord, events: readonly LoggedEvent[], replacing?: string): Promise<Created>;
  /** The user's session, or `undefined`: also for another user's. */
  read(userId: string, sessionId: string): Promise<StoredSession | undefined>;
  /** All of the user's sessions that are still there; `tail` is the log's newest id, read before them. */
  list(userId: string): Promise<{ sessions: SessionRecord[]; unreadable: string[]; now: number; tail: EventId }>;
  /** False when somebody else was faster, or the session is gone: nothing was written then. */
  commit(commit: Commit): Promise<boolean>;
  /** Erases record, credentials and index entries. False as for {@link commit}. */
  remove(previous: SessionRecord, events: readonly LoggedEvent[]): Promise<boolean>;
  /** The store's clock, ms since the epoch, as good as its last answer tells. */
  now(): number;
  /** The same, asked for when the store has not answered anything yet. */
  time(): Promise<number>;
}
