import type { LoggedEvent } from "@mcp-assistant/protocol";
import { LimitExceededError, SessionNotFoundError, SessionUnreadableError, StoreUnavailableError } from "../errors.js";
import { effectiveState } from "./effective-state.js";
import { type Change, createdEvents, eventBase, move } from "./move.js";
import { serverIdOf } from "./session-id.js";
import type { SessionRecord } from "./session-record.js";
import type { Commit, ListedSessions, SessionStore, StoredSession } from "./session-store.js";
import { checkUserId } from "./user-id.js";

export interface SessionsOptions {
  store: SessionStore;
  /** The URL of our sign-in page for a session. */
  authUrl: (sessionId: string) => string;
  /** The maximum number of sessions that a user may have. */
  limit: number;
  /** Called after each committed move; `before` is null for a session that has just been created. */
  moved?: (before: SessionRecord | null, after: SessionRecord) => void;
}

/** The change that a caller wants; see `Commit` for what is stored beside the record. */
export type SessionChange = Change & Pick<Commit, "credentials" | "credentialsHead" | "handshake" | "toolList">;

/** Decides a change from the record and the texts beside it as they are now; `undefined` for no change. */
export type Decide = (
  record: SessionRecord,
  now: number,
  credentials: string | undefined,
  handshake: string | undefined,
) => SessionChange | undefined;

/**
 * Sessions with their rules: moves are checked, events are written, and reading a record with an expired lease commits
 * what became of it. Every method checks the user; another user's session does not exist.
 */
export class Sessions {
  readonly authUrl: (sessionId: string) => string;
  readonly #store: SessionStore;
  readonly #limit: number;
  readonly #moved: NonNullable<SessionsOptions["moved"]>;

  constructor({ store, authUrl, limit, moved = () => undefined }: SessionsOptions) {
    this.#store = store;
    this.#limit = limit;
    this.#moved = moved;
    this.authUrl = authUrl;
  }

  /** The store's clock, ms since the epoch. */
  now(): number {
    return this.#store.now();
  }

  /** Like {@link now}, but asks the store if it has not answered anything yet. For use before the first read. */
  time(): Promise<number> {
    return this.#store.time();
  }

  /**
   * Stores a new session, or returns the one that the user already has for its serverId.
   *
   * Throws a {@link LimitExceededError} if the user has reached the limit, and a {@link SessionNotFoundError} if another
   * user has a session with this sessionId.
   */
  async create(
    record: SessionRecord,
    credentials?: string | undefined,
  ): Promise<{ record: SessionRecord; created: boolean }> {
    const { userId } = record;
    checkUserId(userId);
    const events = createdEvents(record, this.#context());
    let replacing: string | undefined;
    let counted = false;
    for (;;) {
      const answer = await this.#store.create(record, events, { limit: this.#limit, replacing, credentials });
      if (answer.created) {
        this.#moved(null, record);
        return { record, created: true };
      }
      if ("there" in answer) {
        const stored = await this.#settled(userId, answer.there);
        if (stored) return { record: stored.record, created: false };
        replacing = answer.there;
      } else if (answer.refused === "taken") {
        // Its pointer is lost, or it is another user's.
        return { record: (await this.read(userId, record.sessionId)).record, created: false };
      } else if (counted) {
        throw tooMany(this.#limit);
      } else {
        // Expired sessions count until a list drops them.
        await this.#store.list(userId);
        counted = true;
      }
    }
  }

  /** Throws a {@link SessionNotFoundError}. */
  async read(userId: string, sessionId: string): Promise<StoredSession> {
    const stored = await this.#settled(userId, sessionId);
    if (!stored) throw new SessionNotFoundError();
    return stored;
  }

  /** Sessions, oldest first. Aborting `signal` gives up a read that still waits for its turn. */
  async list(userId: string, signal?: AbortSignal): Promise<ListedSessions> {
    checkUserId(userId);
    const listed = await this.#store.list(userId, signal);
    const sessions: SessionRecord[] = [];
    for (const record of listed.sessions) {
      const expired = effectiveState(record, listed.now);
      if (!expired) {
        sessions.push(record);
        continue;
      }
      try {
        const settled = await this.#settled(userId, record.sessionId);
        if (settled) sessions.push(settled.record);
      } catch (error) {
        if (!(error instanceof StoreUnavailableError)) throw error;
        // A store that cannot write can still be read. What the record has become is certain even if it is not stored.
        sessions.push(move(record, { ...expired, flow: null }, this.#context()).next);
      }
    }
    sessions.sort((a, b) => a.createdAt - b.createdAt || (a.sessionId < b.sessionId ? -1 : 1));
    return { ...listed, sessions };
  }

  /**
   * Commits a change to the record as given; `undefined` if another writer was faster. Throws a
   * {@link LimitExceededError} if the user has no room for the list of tools.
   */
  async tryChange(
    record: SessionRecord,
    { credentials, credentialsHead, handshake, toolList, ...change }: SessionChange,
  ): Promise<SessionRecord | undefined> {
    const { next, events } = move(record, change, this.#context());
    const done = await this.#store.commit({
      previous: record,
      next,
      events,
      ...(credentials === undefined ? {} : { credentials }),
      ...(credentialsHead === undefined ? {} : { credentialsHead }),
      ...(handshake === undefined ? {} : { handshake }),
      ...(toolList === undefined ? {} : { toolList }),
    });
    if (!done) return undefined;
    if (next.state !== record.state) this.#moved(record, next);
    return next;
  }

  /**
   * Changes a session even if others change it at the same time: decides again from the newest record until the change
   * is committed. Throws a {@link SessionNotFoundError}, and what {@link tryChange} and `decide` throw.
   */
  async change(userId: string, sessionId: string, decide: Decide): Promise<SessionRecord> {
    for (;;) {
      const { record, now, credentials, handshake } = await this.read(userId, sessionId);
      const change = decide(record, now, credentials, handshake);
      if (!change) return record;
      const next = await this.tryChange(record, change);
      if (next) return next;
    }
  }

  /** Returns what was removed; undefined if its record was unreadable. Throws a {@link SessionNotFoundError}. */
  async remove(userId: string, sessionId: string): Promise<StoredSession | undefined> {
    for (;;) {
      try {
        const stored = await this.read(userId, sessionId);
        const { record } = stored;
        if (await this.#store.remove(record, [this.#removedEvent({ ...record, v: record.v + 1 })])) return stored;
      } catch (error) {
        if (!(error instanceof SessionUnreadableError)) throw error;
        const removed = this.#removedEvent({ sessionId, serverId: serverIdOf(sessionId), v: 0 });
        if (await this.#store.discard(userId, sessionId, [removed])) return undefined;
      }
    }
  }

  #removedEvent(session: Pick<SessionRecord, "sessionId" | "serverId" | "v">): LoggedEvent {
    return { type: "session_removed", ...eventBase(session, this.now()) };
  }

  async #settled(userId: string, sessionId: string): Promise<StoredSession | undefined> {
    checkUserId(userId);
    // A host without a type checker may pass anything.
    if (typeof sessionId !== "string") return undefined;
    for (;;) {
      const stored = await this.#store.read(userId, sessionId);
      if (!stored) return undefined;
      const expired = effectiveState(stored.record, stored.now);
      if (!expired) return stored;
      const record = await this.tryChange(stored.record, { ...expired, flow: null });
      if (record) return { ...stored, record };
    }
  }

  #context() {
    return { now: this.now(), authUrl: this.authUrl };
  }
}

const tooMany = (limit: number) =>
  new LimitExceededError({
    message: `You have ${limit} connections, the most that this app allows`,
    hint: "Remove one that you no longer need.",
    operatorHint: "Raise limits.sessionsPerUser to allow more.",
    retryable: false,
  });
