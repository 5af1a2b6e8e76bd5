import type { Keys } from "../redis/keys.js";

/**
 * Texts under keys, each with a life of its own: attempts, registrations, credentials, tool lists. Who writes them
 * decides the key.
 *
 * Every method rejects with a `StoreUnavailableError` when the store does not answer.
 */
export interface ValueStore {
  /** How this store spells its keys. */
  readonly keys: Keys;
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
  /** All keys that match a glob pattern; some may come twice. For the rotation of encryption keys alone. */
  scan(pattern: string): AsyncIterable<string>;
}
