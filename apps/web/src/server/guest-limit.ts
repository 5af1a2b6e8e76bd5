/** New guests that one address may be at once, as in an office where many open the app for the first time. */
const maxGuestsAtOnce = 20;

/** The time (ms) after which an address may be one guest more. */
const intervalMs = 5 * 60_000;

/** Addresses to remember. */
const maxAddresses = 50_000;

/**
 * Limits how many guests one address becomes. The limits of `createMcp` are for each user, and a visitor who drops their
 * cookie is another one.
 */
export class GuestLimit {
  /** When (ms) each address may again be as many guests as at first; the one that changed last comes last. */
  readonly #freshAt = new Map<string, number>();

  /** 0 if this address may be another guest; otherwise the ms until it may. Counts nothing. */
  waitMs(address: string, now = Date.now()): number {
    return Math.max(0, this.#nextFreshAt(address, now) - now - maxGuestsAtOnce * intervalMs);
  }

  /** The same, and if it may, it counts. */
  take(address: string, now = Date.now()): number {
    const waitMs = this.waitMs(address, now);
    if (waitMs > 0) return waitMs;
    const freshAt = this.#nextFreshAt(address, now);
    this.#freshAt.delete(address);
    this.#freshAt.set(address, freshAt);
    this.#forget(now);
    return 0;
  }

  #nextFreshAt(address: string, now: number): number {
    return Math.max(this.#freshAt.get(address) ?? now, now) + intervalMs;
  }

  /** Forgets the addresses that have no guests left to count and then, half at a time, those that came longest ago. */
  #forget(now: number): void {
    if (this.#freshAt.size <= maxAddresses) return;
    for (const [address, freshAt] of this.#freshAt) if (freshAt <= now) this.#freshAt.delete(address);
    const oldest = [...this.#freshAt.keys()].slice(0, Math.max(0, this.#freshAt.size - maxAddresses / 2));
    for (const address of oldest) this.#freshAt.delete(address);
  }
}
