import type { LoggedEvent } from "@mcp-assistant/protocol";
import { LimitExceededError, SessionNotFoundError, SessionUnreadableError, StoreUnavailableError } from "../errors.js";
import { effectiveState } from "./effective-state.js";
import { type Change, eventBase, move, tellCreated } from "./move.js";
import { serverIdOf } from "./session-id.js";
import type { SessionRecord } from "./session-record.js";
import type { Commit, ListedSessions, SessionStore, StoredSession } from "./session-store.js";
import { checkUserId } from "./user-id.js";

export interface SessionsOptions {
  store: SessionStore;
  /** Our sign-in page's address for a session. */
  authUrl: (sessionId: string) => string;
  /** The most sessions that a user may have. */
  limit: number;
  /** Called after each move that was committed; `before` is null for a session that has just been made. */
  moved?: (before: SessionRecord | null, after: SessionRecord) => void;
}

/** What a caller wants changed; see `Commit` for what becomes of the credentials. */
export type SessionChange = Change & Pick<Commit, "credentials" | "credentialsHead">;

/**
 * What a caller wants changed, judged from the record and the credentials' text as they are now; `undefined` when there
 * is nothing to change.
 */
export type Decide = (record: SessionRecord, now: number, credentials: string | undefined) => SessionChange | undefined;

/**
 * Sessions with their rules: moves are checked, events told, and whoever reads a record whose lease is over commits
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

  /** The same, asked for when the store has not answered anything yet: for what is made before anything is read. */
  time(): Promise<number> {
    return this.#store.time();
  }

  /**
   * Keeps a new session, or answers the one that the user already has for its serverId. Throws a
   * {@link LimitExceededError} when he has as many as he may.
   */
  async create(
    record: SessionRecord,
    credentials?: string | undefined,
  ): Promise<{ record: SessionRecord; created: boolean }> {
    const { userId } = record;
    checkUserId(userId);
    const events = tellCreated(record, this.#context());
    let replacing: string | undefined;
    let counted = false;
    for (;;) {
      const answer = await this.#store.create(record, events, { limit: this.#limit, replacing, credentials });
      if (answer.created) {
        this.#moved(null, record);
        return { record, created: true };
      }
      if (answer.there !== null) {
        const stored = await this.#settled(userId, answer.there);
        if (stored) return { record: stored.record, created: false };
        replacing = answer.there;
      } else if (counted) {
        throw tooMany(this.#limit);
      } else {
        // Expired sessions count until somebody looks: a list drops them.
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

  /** Sessions by age. */
  async list(userId: string): Promise<ListedSessions> {
    checkUserId(userId);
    const listed = await this.#store.list(userId);
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
        // A store that cannot write can still be read: what the record has become is certain without being kept.
        sessions.push(move(record, { ...expired, flow: null }, this.#context()).next);
      }
    }
    sessions.sort((a, b) => a.createdAt - b.createdAt || (a.sessionId < b.sessionId ? -1 : 1));
    return { ...listed, sessions };
  }

  /** Commits a change to the record as given; `undefined` when somebody else was faster. */
  async tryChange(
    record: SessionRecord,
    { credentials, credentialsHead, ...change }: SessionChange,
  ): Promise<SessionRecord | undefined> {
    const { next, events } = move(record, change, this.#context());
    const done = await this.#store.commit({
      previous: record,
      next,
      events,
      ...(credentials === undefined ? {} : { credentials }),
      ...(credentialsHead === undefined ? {} : { credentialsHead }),
    });
    if (!done) return undefined;
    if (next.state !== record.state) this.#moved(record, next);
    return next;
  }

  /**
   * Changes a session, whoever else does so at the same time: decides anew from the newest record until it is
   * committed. Throws a {@link SessionNotFoundError}, and what `decide` throws.
   */
  async change(userId: string, sessionId: string, decide: Decide): Promise<SessionRecord> {
    for (;;) {
      const { record, now, credentials } = await this.read(userId, sessionId);
      const change = decide(record, now, credentials);
      if (!change) return record;
      const next = await this.tryChange(record, change);
      if (next) return next;
    }
  }

  /**
   * Answers what was removed; nothing when its record could not be read. Throws a {@link SessionNotFoundError}.
   */
  async remove(userId: string, sessionId: string): Promise<StoredSession | undefined> {
    for (;;) {
      try {
        const stored = await this.read(userId, sessionId);
        const { record } = stored;
        if (await this.#store.remove(record, [this.#tellRemoved({ ...record, v: record.v + 1 })])) return stored;
      } catch (error) {
        if (!(error instanceof SessionUnreadableError)) throw error;
        const removed = this.#tellRemoved({ sessionId, serverId: serverIdOf(sessionId), v: 0 });
        if (await this.#store.discard(userId, sessionId, [removed])) return undefined;
      }
    }
  }

  #tellRemoved(session: Pick<SessionRecord, "sessionId" | "serverId" | "v">): LoggedEvent {
    return { type: "session_removed", ...eventBase(session, this.now()) };
  }

  async #settled(userId: string, sessionId: string): Promise<StoredSession | undefined> {
    checkUserId(userId);
    // A host without a type checker may give anything.
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
    message: `You have ${limit} connections, which is the most that this app allows`,
    hint: "Remove one that you no longer need.",
    retryable: false,
  });
