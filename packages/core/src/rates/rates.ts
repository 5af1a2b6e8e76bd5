import { RateLimitedError } from "../errors.js";
import type { Limits } from "../limits.js";
import type { Counted, StorageDriver } from "../session/storage-driver.js";
import { checkUserId } from "../session/user-id.js";

const minuteMs = 60_000;

/** For each kind, its option in `limits` and its name in messages to the user. */
const kinds = {
  connects: { limit: "connectsPerMinute", name: "attempts to connect" },
  "sign-ins": { limit: "signInsPerMinute", name: "sign-ins" },
  calls: { limit: "callsPerMinute", name: "tool calls" },
  streams: { limit: "streamsPerMinute", name: "event streams" },
  registrations: { limit: "registrationsPerUser", name: "sign-ins at services that are new to this app" },
} as const;

/** How long (ms) until one more registration is allowed. They are kept for a month, other counts for nothing. */
const registrationIntervalMs = 7_200_000;

export type RateKind = keyof typeof kinds;

type PerMinute = Pick<Limits, (typeof kinds)[RateKind]["limit"]>;

/**
 * Enforces the app's rate limits per user: a burst of one minute's worth, refilled evenly. Registrations are refilled
 * slowly.
 */
export class Rates {
  readonly #driver: Pick<StorageDriver, "take" | "giveBack">;
  readonly #limits: PerMinute;

  constructor(driver: Pick<StorageDriver, "take" | "giveBack">, limits: PerMinute) {
    this.#driver = driver;
    this.#limits = limits;
  }

  /** Counts one. Throws a {@link RateLimitedError} with the time to wait, `USER_ID_INVALID` or `STORE_UNAVAILABLE`. */
  async take(userId: string, kind: RateKind): Promise<void> {
    checkUserId(userId);
    const counted = this.#counted(userId, kind);
    const wait = await this.#driver.take(counted);
    if (wait === 0) return;
    const { name, limit } = kinds[kind];
    const time = kind === "registrations" ? "at once, and then one every two hours" : "a minute";
    const message = `Too many ${name}: this app allows ${counted.burst} ${time}`;
    throw new RateLimitedError(message, wait, `Raise limits.${limit} to allow more.`);
  }

  /**
   * Counts one while `reading` is in progress, so both take one round trip. An error of the read takes precedence: a
   * missing session is reported as missing, however often it is requested.
   */
  async takeWhile<T>(userId: string, kind: RateKind, reading: Promise<T>): Promise<T> {
    const taken = this.take(userId, kind);
    taken.catch(() => undefined);
    const read = await reading;
    await taken;
    return read;
  }

  /**
   * Undoes one count, for a request that cost nothing in the end. Never fails: a lost count refills over time anyway.
   */
  async giveBack(userId: string, kind: RateKind): Promise<void> {
    await this.#driver.giveBack(this.#counted(userId, kind)).catch(() => undefined);
  }

  #counted(userId: string, kind: RateKind): Counted {
    const burst = this.#limits[kinds[kind].limit];
    const intervalMs = kind === "registrations" ? registrationIntervalMs : minuteMs / burst;
    return { user: userId, what: kind, burst, intervalMs };
  }
}
