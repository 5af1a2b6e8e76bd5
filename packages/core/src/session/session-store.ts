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
  /** What stored credentials must begin with, or the commit is refused: somebody else has written them meanwhile. */
  credentialsHead?: string;
}

/** `there`: the session that the user has for this serverId; null when he already has as many as he may. */
export type Created = { created: true } | { created: false; there: string | null };

export interface CreateOptions {
  /** The most sessions that the user may have. */
  limit: number;
  /** The answer of a first try that turned out to point to nothing. */
  replacing?: string | undefined;
  /** Kept with the record. */
  credentials?: string | undefined;
}

export interface ListedSessions {
  sessions: SessionRecord[];
  /** Ids whose records this version cannot read. */
  unreadable: string[];
  now: number;
  /** The log's newest id, read before the records. */
  tail: EventId;
}

/**
 * Where sessions are kept. Every method is one atomic step. A state change, its index entry and its events become
 * visible together. Reads renew what belongs to the session, so that nobody is thrown out while working.
 *
 * Every method rejects with a `StoreUnavailableError` when the store does not answer.
 */
export interface SessionStore {
  /** Keeps a new session, unless the user already has one for its serverId, or has too many. */
  create(record: SessionRecord, events: readonly LoggedEvent[], options: CreateOptions): Promise<Created>;
  /**
   * The user's session, or `undefined`: also for another user's. Rejects with a `SessionUnreadableError` when it is his
   * and cannot be read by this version.
   */
  read(userId: string, sessionId: string): Promise<StoredSession | undefined>;
  /** All of the user's sessions that are still there. */
  list(userId: string): Promise<ListedSessions>;
  /** False when somebody else was faster, or the session is gone: nothing was written then. */
  commit(commit: Commit): Promise<boolean>;
  /** Erases record, credentials and index entries. False as for {@link commit}. */
  remove(previous: SessionRecord, events: readonly LoggedEvent[]): Promise<boolean>;
  /** Erases a session of the user whatever its record says: for one that cannot be read. False when there is none. */
  discard(userId: string, sessionId: string, events: readonly LoggedEvent[]): Promise<boolean>;
  /** The store's clock, ms since the epoch, as good as its last answer tells. */
  now(): number;
  /** The same, asked for when the store has not answered anything yet. */
  time(): Promise<number>;
}
