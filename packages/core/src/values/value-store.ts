/**
 * Texts under keys, each with a life of its own: attempts, registrations, credentials, tool lists. Who writes them
 * decides the key (see `redis/keys.ts`).
 *
 * Every method rejects with a `StoreUnavailableError` when the store does not answer.
 */
export interface ValueStore {
  /** With `renew` (s) the value lives that long from now. */
  get(key: string, renew?: number): Promise<string | undefined>;
  /** `ttl` in seconds. */
  set(key: string, value: string, ttl: number): Promise<void>;
  /**
   * Replaces the value only while it begins with `head`. `ttl` in seconds; the life stays as it is without one.
   * Answers whether it did. A missing value is never replaced.
   */
  compareAndSet(key: string, head: string, value: string, ttl?: number): Promise<boolean>;
  delete(key: string): Promise<void>;
}
