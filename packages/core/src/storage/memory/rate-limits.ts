import type { Counted, RateLimits } from "../../rates/rate-limits.js";
import type { MemoryValueStore } from "./value-store.js";

/** Counts in this process, each gone when its bucket is full again. */
export class MemoryRateLimits implements RateLimits {
  readonly #values: MemoryValueStore;

  constructor(values: MemoryValueStore) {
    this.#values = values;
  }

  async take(counted: Counted): Promise<number> {
    return this.#count(counted, 1);
  }

  async giveBack(counted: Counted): Promise<void> {
    this.#count(counted, -1);
  }

  /** In whole microseconds, as in Redis: what is added up again and again must not be rounded. */
  #count({ userId, what, burst, interval: ms }: Counted, count: 1 | -1): number {
    const key = this.#values.keys.rate(userId, what);
    const [now, interval] = [Date.now() * 1_000, Math.round(ms * 1_000)];
    const most = now + interval * burst;
    const stored = Number(this.#values.peek(key) ?? now);
    // A clock that went back, or a limit that was changed, makes nobody wait for more than an empty bucket does.
    const before = Math.min(Math.max(stored, now), most);
    const wait = Math.max(0, before + interval * count - most);
    const full = wait > 0 ? before : before + interval * count;
    if (full <= now) this.#values.drop(key);
    else this.#values.put(key, String(full), (full - now) / 1_000_000);
    return wait / 1_000;
  }
}
