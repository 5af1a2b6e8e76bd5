import type { Keys } from "./keys.js";

/**
 * Texts under keys, each with a life of its own: attempts, registrations, credentials, tool lists. Who writes them
 * decides the key.
 *
 * Every method rejects with a `StoreUnavailableError` when the store does not answer.
 */
/** A lock on the work that makes a new value, and the value that this work begins from. */
export interface LockRequest {
  /** The value's key. */
  key: string;
  /** What the value has to begin with; null when there has to be none. */
  expected: string | null;
  lockKey: string;
  owner: string;
  /** ms after which the lock is anybody's. */
  life: number;
}

/** `changed`: the value is not as expected, so there is nothing to do. `theirs`: for at most so many ms. */
export type LockAnswer =
  | { state: "changed"; value: string | undefined }
  | { state: "yours"; value: string | undefined }
  | { state: "theirs"; ms: number };

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
  /** One step: compares the value and takes the lock. */
  lock(request: LockRequest): Promise<LockAnswer>;
  /** Gives up a lock that is still this owner's. */
  unlock(lockKey: string, owner: string): Promise<void>;
  /** All keys that match a glob pattern; some may come twice. For the rotation of encryption keys alone. */
  scan(pattern: string): AsyncIterable<string>;
}
