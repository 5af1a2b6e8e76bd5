import type { Guest } from "./guest-cookie";
import { GuestLimit } from "./guest-limit";

/** Guests to remember who have counted, but whose browser may not have the cookie that says so yet. */
const maxRemembered = 10_000;

/**
 * Counts guests for their address when they first use the app, not when they open a page: a monitor, a crawler or a
 * wrong address opens pages, and never does anything.
 */
export class GuestAdmission {
  readonly #limit = new GuestLimit();
  readonly #counted = new Set<string>();

  /** The ms until an address may be another guest; 0 if it may, or is not known. Counts nothing. */
  waitMs(address: string | null): number {
    return address === null ? 0 : this.#limit.waitMs(address);
  }

  /** 0 if this guest may use the app; otherwise the ms until their address may be another guest. */
  admit({ userId, isNew }: Guest, address: string | null, now = Date.now()): number {
    if (!isNew || address === null || this.#counted.has(userId)) return 0;
    const waitMs = this.#limit.take(address, now);
    if (waitMs > 0) return waitMs;
    this.#counted.add(userId);
    if (this.#counted.size > maxRemembered) this.#forgetOldest();
    return 0;
  }

  /** Half at a time, because a Set that loses its first member again and again becomes slow. */
  #forgetOldest(): void {
    for (const userId of [...this.#counted].slice(0, maxRemembered / 2)) this.#counted.delete(userId);
  }
}
