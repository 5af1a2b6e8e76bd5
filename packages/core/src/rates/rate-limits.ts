/** How often something may be done. */
export interface Rate {
  /** How many may be done at once, after a pause. */
  burst: number;
  /** ms after which one more may be done. */
  interval: number;
}

/** What is counted, and whose it is: each user and each kind has a count of its own. */
export interface Counted extends Rate {
  userId: string;
  /** The kind: a part of a key, so one of ours and never a user's text. */
  what: string;
}

/**
 * Counts what users do, in all processes that share a store (GCRA, the generic cell rate algorithm: a bucket that fills
 * up evenly, kept as the one moment at which it is full again). Who is refused is not counted, so asking again and again
 * makes nobody wait longer. Every method is one atomic step by the store's clock.
 *
 * Every method rejects with a `StoreUnavailableError` when the store does not answer.
 */
export interface RateLimits {
  /** Counts one. Answers 0, or, when it was refused, the ms after which one goes. */
  take(counted: Counted): Promise<number>;
  /** Takes back the count of one that was not needed in the end. */
  giveBack(counted: Counted): Promise<void>;
}
