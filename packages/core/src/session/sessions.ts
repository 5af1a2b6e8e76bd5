import type { LoggedEvent } from "@mcp-assistant/protocol";
import { SessionNotFoundError } from "../errors.js";
import { effectiveState } from "./effective-state.js";
import { type Change, eventBase, move, tellCreated } from "./move.js";
import type { SessionRecord } from "./session-record.js";
import type { SessionStore, StoredSession } from "./session-store.js";

export interface SessionsOptions {
  store: SessionStore;
  /** Our sign-in page's address for a session. */
  authUrl: (sessionId: string) => string;
}

/** What a caller wants changed, judged from the record as it is now; `undefined` when there is nothing to change. */
export type Decide = (record: SessionRecord, now: number) => (Change & { credentials?: string | null }) | undefined;

/**
 * Sessions with their rules: moves are checked, events told, and whoever reads a record whose lease is over commits
 * what became of it. Every method checks the user; another user's session does not exist.
 */
export class Sessions {
  readonly authUrl: (sessionId: string) => string;
  readonly #store: SessionStore;

  constructor({ store, authUrl }: SessionsOptions) {
    this.#store = store;
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

  /** Keeps a new session, or answers the one that the user already has for its serverId. */
  async create(record: SessionRecord): Promise<{ record: SessionRecord; created: boolean }> {
    const events = tellCreated(record, this.#context());
    let replacing: string | undefined;
    for (;;) {
      const answer = await this.#store.create(record, events, replacing);
      if (answer.created) return { record, created: true };
      const stored = await this.#settled(record.userId, answer.sessionId);
      if (stored) return { record: stored.record, created: false };
      replacing = answer.sessionId;
    }
  }

  /** Throws a {@link SessionNotFoundError}. */
  async read(userId: string, sessionId: string): Promise<StoredSession> {
    const stored = await this.#settled(userId, sessionId);
    if (!stored) throw new SessionNotFoundError();
    return stored;
  }

  async list(userId: string) {
    const listed = await this.#store.list(userId);
    const sessions: SessionRecord[] = [];
    for (const record of listed.sessions) {
      if (!effectiveState(record, listed.now)) sessions.push(record);
      else {
        const settled = await this.#settled(userId, record.sessionId);
        if (settled) sessions.push(settled.record);
      }
    }
    sessions.sort((a, b) => a.createdAt - b.createdAt || (a.sessionId < b.sessionId ? -1 : 1));
    return { ...listed, sessions };
  }

  /** Commits a change to the record as given; `undefined` when somebody else was faster. */
  async tryChange(
    record: SessionRecord,
    { credentials, ...change }: Change & { credentials?: string | null },
  ): Promise<SessionRecord | undefined> {
    const { next, events } = move(record, change, this.#context());
    const commit = { previous: record, next, events };
    const done = await this.#store.commit(credentials === undefined ? commit : { ...commit, credentials });
    return done ? next : undefined;
  }

  /**
   * Changes a session, whoever else does so at the same time: decides anew from the newest record until it is
   * committed. Throws a {@link SessionNotFoundError}, and what `decide` throws.
   */
  async change(userId: string, sessionId: string, decide: Decide): Promise<SessionRecord> {
    for (;;) {
      const { record, now } = await this.read(userId, sessionId);
      const change = decide(record, now);
      if (!change) return record;
      const next = await this.tryChange(record, change);
      if (next) return next;
    }
  }

  async remove(userId: string, sessionId: string): Promise<void> {
    for (;;) {
      const { record } = await this.read(userId, sessionId);
      const removed: LoggedEvent = {
        type: "session_removed",
        ...eventBase({ ...record, v: record.v + 1 }, this.now()),
      };
      if (await this.#store.remove(record, [removed])) return;
    }
  }

  async #settled(userId: string, sessionId: string): Promise<StoredSession | undefined> {
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
