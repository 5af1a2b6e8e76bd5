import { CancelledError, SessionNotFoundError } from "../errors.js";
import { newLease } from "../session/lease.js";
import type { SessionRecord } from "../session/session-record.js";
import type { SessionChange, Sessions } from "../session/sessions.js";

/** How often (ms) a long step checks whether it is still wanted. */
const lookIntervalMs = 1_000;

/**
 * The work of one owner on one session. Every step renews the lease. A cancel, or an expiry that another process
 * committed, takes the work away: the next step throws a {@link CancelledError} and changes nothing.
 */
export class Work {
  readonly #sessions: Sessions;
  readonly #owner: string;
  #record: SessionRecord;

  /** `record` carries the lease of `owner`. */
  constructor(sessions: Sessions, record: SessionRecord, owner: string) {
    this.#sessions = sessions;
    this.#record = record;
    this.#owner = owner;
  }

  /** The record as this owner last wrote or read it. */
  get record(): SessionRecord {
    return this.#record;
  }

  /** Changes the session; the lease starts over from now. */
  async advance(change: SessionChange): Promise<SessionRecord> {
    for (;;) {
      const work = change.work ?? newLease(this.#sessions.now(), this.#owner);
      const next = await this.#sessions.tryChange(this.#record, { ...change, work });
      if (next) {
        this.#record = next;
        return next;
      }
      const { record } = await this.#sessions.read(this.#record.userId, this.#record.sessionId);
      if (record.work?.owner !== this.#owner) throw lost();
      this.#record = record;
    }
  }

  /** Runs a step, and aborts it when the work is taken away: a cancel takes effect within a second. */
  async during<T>(step: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const taken = new AbortController();
    const { userId, sessionId } = this.#record;
    const look = setInterval(() => {
      this.#sessions.read(userId, sessionId).then(
        ({ record }) => {
          if (record.work?.owner !== this.#owner) taken.abort(lost());
        },
        (error: unknown) => {
          if (error instanceof SessionNotFoundError) taken.abort(error);
        },
      );
    }, lookIntervalMs);
    try {
      return await step(taken.signal);
    } finally {
      clearInterval(look);
    }
  }
}

const lost = () =>
  new CancelledError({
    message: "Connecting was cancelled",
    hint: "Connect again when you are ready.",
    retryable: false,
  });
