import { randomToken } from "../random-token.js";
import type { SessionRecord } from "../session/session-record.js";
import { standingLockId } from "../session/session-values.js";
import type { StorageDriver } from "../session/storage-driver.js";
import { StoredValue } from "../values/stored-value.js";

/** How long (ms) a lease lasts without being renewed. After the end of a process, another takes over within that. */
export const standingLeaseMs = 15_000;

/** How often (ms) it is renewed: one renewal may fail. */
const renewalMs = standingLeaseMs / 4;

/** The lease on the standing stream of a session: one process of all has it. */
export class StandingLease {
  readonly #session: StoredValue;
  readonly #id: string;
  readonly #owner = randomToken();

  constructor(driver: StorageDriver, { userId, sessionId }: Pick<SessionRecord, "userId" | "sessionId">) {
    this.#session = new StoredValue(driver, { user: userId }, { kind: "session", id: sessionId });
    this.#id = standingLockId(sessionId);
  }

  /** Takes it. Returns for how long (ms) another process has it at most; 0 if it is taken. */
  async take(): Promise<number> {
    const answer = await this.#session.lock(this.#id, { expected: "{", owner: this.#owner, lifeMs: standingLeaseMs });
    if (answer.state === "yours") return 0;
    return answer.state === "theirs" ? Math.max(answer.ms, 1) : standingLeaseMs;
  }

  /**
   * Runs work while this process has the lease, and gives it up afterwards. The signal aborts when the lease is lost, or
   * could not be renewed in time: by then, no other process has it.
   */
  async during(stop: AbortSignal, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const lost = new AbortController();
    let until = performance.now() + standingLeaseMs;
    const renew = async () => {
      const began = performance.now();
      const isHeld = await this.#session.renewLock(this.#id, { owner: this.#owner, lifeMs: standingLeaseMs });
      if (isHeld) until = began + standingLeaseMs;
      else lost.abort();
    };
    const renewing = setInterval(() => {
      // The next time might be too late.
      if (performance.now() > until - 1.5 * renewalMs) lost.abort();
      else void renew().catch(() => undefined);
    }, renewalMs).unref();
    try {
      await work(AbortSignal.any([stop, lost.signal]));
    } finally {
      clearInterval(renewing);
      await this.#session.unlock(this.#id, this.#owner).catch(() => undefined);
    }
  }
}
