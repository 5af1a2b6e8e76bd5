import { processWide } from "../process-wide.js";

const minuteMs = 60_000;

/** After how many spendings the users who have everything again are forgotten. */
const spendingsPerSweep = 1_000;

/**
 * What each user may spend in a minute, counted in this process: all of it at once, after that evenly. What something
 * costs is known only afterwards, so the last one may cost more than was left, and the next one waits for longer: for two
 * minutes at most.
 */
export class Allowance {
  /** When (ms of `performance.now`) each user has everything again. */
  readonly #fullAt = new Map<string, number>();
  readonly #now: () => number;
  #spendings = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The process's allowance of this kind. */
  static of(kind: "lists" | "schema checks" | "framing" | "announcements"): Allowance {
    return processWide("allowance", kind, () => new Allowance());
  }

  /** How long (ms) until the user may spend something; 0 if they may now. */
  wait(user: string): number {
    const over = (this.#fullAt.get(user) ?? 0) - this.#now() - minuteMs;
    return over < 0 ? 0 : Math.max(1, Math.ceil(over));
  }

  spend(user: string, amount: number, perMinute: number): void {
    const now = this.#now();
    const fullAt = Math.max(this.#fullAt.get(user) ?? now, now) + (amount / perMinute) * minuteMs;
    this.#fullAt.set(user, Math.min(fullAt, now + 3 * minuteMs));
    this.#spendings += 1;
    if (this.#spendings % spendingsPerSweep === 0) this.#sweep(now);
  }

  /** How many users have spent something that they do not have again yet. */
  get size(): number {
    this.#sweep(this.#now());
    return this.#fullAt.size;
  }

  #sweep(now: number): void {
    for (const [user, fullAt] of this.#fullAt) if (fullAt <= now) this.#fullAt.delete(user);
  }
}
