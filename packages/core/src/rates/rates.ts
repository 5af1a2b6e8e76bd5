import { setImmediate as nextTurn } from "node:timers/promises";
import { Turns } from "../budgets/turns.js";
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

/**
 * How many requests of one user are counted at the same time. The others wait, so that a thousand of one moment do not
 * have the event loop to themselves, neither now nor when the storage answers.
 */
const maxCountedAtOnce = 16;

export type RateKind = keyof typeof kinds;

type PerMinute = Pick<Limits, (typeof kinds)[RateKind]["limit"]>;

/**
 * Enforces the app's rate limits per user: a burst of one minute's worth, refilled evenly. Registrations are refilled
 * slowly.
 */
export class Rates {
  readonly #driver: Pick<StorageDriver, "take" | "giveBack">;
  readonly #limits: PerMinute;
  readonly #turns = new Turns({ perKey: maxCountedAtOnce, inAll: Infinity });

  constructor(driver: Pick<StorageDriver, "take" | "giveBack">, limits: PerMinute) {
    this.#driver = driver;
    this.#limits = limits;
  }

  /**
   * Counts one when it is its turn. Throws a {@link RateLimitedError} with the time to wait, `USER_ID_INVALID`,
   * `STORE_UNAVAILABLE`, or `LIMIT_EXCEEDED` if too many of the user's requests wait.
   */
  async take(userId: string, kind: RateKind): Promise<void> {
    checkUserId(userId);
    const counted = this.#counted(userId, kind);
    const wait = await this.#inTurn(userId, () => this.#driver.take(counted));
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

  async #inTurn<T>(userId: string, count: () => Promise<T>): Promise<T> {
    const end = await this.#turns.take(userId, 1);
    try {
      return await count();
    } catch (error) {
      throw this.#turns.failed(error, userId);
    } finally {
      void nextTurn().then(end);
    }
  }

  #counted(userId: string, kind: RateKind): Counted {
    const burst = this.#limits[kinds[kind].limit];
    const intervalMs = kind === "registrations" ? registrationIntervalMs : minuteMs / burst;
    return { user: userId, what: kind, burst, intervalMs };
  }
}
