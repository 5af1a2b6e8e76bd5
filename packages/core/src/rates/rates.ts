import { RateLimitedError } from "../errors.js";
import type { Limits } from "../limits.js";
import type { Counted, StorageDriver } from "../session/storage-driver.js";
import { checkUserId } from "../session/user-id.js";

const minuteMs = 60_000;

/** What each kind is in `limits`, and to the user. */
const kinds = {
  connects: { limit: "connectsPerMinute", name: "attempts to connect" },
  "sign-ins": { limit: "signInsPerMinute", name: "sign-ins" },
  calls: { limit: "callsPerMinute", name: "tool calls" },
  streams: { limit: "streamsPerMinute", name: "event streams" },
} as const;

export type RateKind = keyof typeof kinds;

type PerMinute = Pick<Limits, (typeof kinds)[RateKind]["limit"]>;

/** What users may do how often, by the app's limits: a minute's worth at once, then evenly. */
export class Rates {
  readonly #driver: Pick<StorageDriver, "take" | "giveBack">;
  readonly #limits: PerMinute;

  constructor(driver: Pick<StorageDriver, "take" | "giveBack">, limits: PerMinute) {
    this.#driver = driver;
    this.#limits = limits;
  }

  /** Counts one. Throws a {@link RateLimitedError} that says when it goes, `USER_ID_INVALID`, `STORE_UNAVAILABLE`. */
  async take(userId: string, kind: RateKind): Promise<void> {
    checkUserId(userId);
    const counted = this.#counted(userId, kind);
    const wait = await this.#driver.take(counted);
    if (wait === 0) return;
    throw new RateLimitedError(`Too many ${kinds[kind].name}: this app allows ${counted.burst} a minute`, wait);
  }

  /**
   * Counts one together with what is being read at the same time, in one round trip. What cannot be read is told first:
   * a session that is not there is not there, however often somebody asks.
   */
  async takeWhile<T>(userId: string, kind: RateKind, reading: Promise<T>): Promise<T> {
    const taken = this.take(userId, kind);
    taken.catch(() => undefined);
    const read = await reading;
    await taken;
    return read;
  }

  /** For what cost nothing in the end. A count that cannot be given back comes back by itself. */
  async giveBack(userId: string, kind: RateKind): Promise<void> {
    await this.#driver.giveBack(this.#counted(userId, kind)).catch(() => undefined);
  }

  #counted(userId: string, kind: RateKind): Counted {
    const burst = this.#limits[kinds[kind].limit];
    return { user: userId, what: kind, burst, intervalMs: minuteMs / burst };
  }
}
