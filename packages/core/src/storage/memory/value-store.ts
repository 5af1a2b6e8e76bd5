import { Keys } from "../../values/keys.js";
import type { LockAnswer, LockRequest, ValueStore } from "../../values/value-store.js";

/** Texts in this process, gone with it. Expired ones are dropped when touched, and all of them at times. */
export class MemoryValueStore implements ValueStore {
  readonly keys = new Keys();
  readonly #values = new Map<string, { value: string; expiresAt: number }>();
  #writes = 0;

  async get(key: string, renew?: number): Promise<string | undefined> {
    if (renew !== undefined) this.renew(key, renew);
    return this.peek(key);
  }

  async set(key: string, value: string, ttl: number): Promise<void> {
    this.put(key, value, ttl);
  }

  async compareAndSet(key: string, head: string, value: string, ttl?: number): Promise<boolean> {
    const stored = this.#live(key);
    if (!stored?.value.startsWith(head)) return false;
    if (ttl === undefined) stored.value = value;
    else this.put(key, value, ttl);
    return true;
  }

  async delete(key: string): Promise<void> {
    this.drop(key);
  }

  async lock({ key, expected, lockKey, owner, life }: LockRequest): Promise<LockAnswer> {
    const value = this.peek(key);
    const asExpected = expected === null ? value === undefined : value?.startsWith(expected);
    if (!asExpected) return { state: "changed", value };
    const held = this.#live(lockKey);
    if (held) return { state: "theirs", ms: held.expiresAt - Date.now() };
    this.put(lockKey, owner, life / 1_000);
    return { state: "yours", value };
  }

  async unlock(lockKey: string, owner: string): Promise<void> {
    if (this.peek(lockKey) === owner) this.drop(lockKey);
  }

  async *scan(pattern: string): AsyncIterableIterator<string> {
    const prefix = pattern.replace(/\*$/, "");
    for (const key of [...this.#values.keys()]) if (key.startsWith(prefix) && this.#live(key)) yield key;
  }

  /** The synchronous steps, for drivers that change several keys at once. */
  peek(key: string): string | undefined {
    return this.#live(key)?.value;
  }

  put(key: string, value: string, ttl: number): void {
    this.#values.set(key, { value, expiresAt: Date.now() + ttl * 1_000 });
    if (++this.#writes % 1_000 === 0) for (const each of [...this.#values.keys()]) this.#live(each);
  }

  /** Gives what is there another `ttl` seconds. */
  renew(key: string, ttl: number): void {
    const stored = this.#live(key);
    if (stored) stored.expiresAt = Date.now() + ttl * 1_000;
  }

  drop(key: string): void {
    this.#values.delete(key);
  }

  #live(key: string) {
    const stored = this.#values.get(key);
    if (stored && stored.expiresAt > Date.now()) return stored;
    this.#values.delete(key);
    return undefined;
  }
}
