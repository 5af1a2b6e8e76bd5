import type { Partition, SharedKind, StorageDriver, ValueName } from "../session/storage-driver.js";

/** A lock on the work that makes a new value, and the value that this work starts from. */
export interface LockRequest {
  /** What the value must begin with; null if there must be none. */
  expected: string | null;
  owner: string;
  /** How long (ms) the lock lasts. After that, any caller can take it. */
  lifeMs: number;
}

/**
 * `changed`: the value is not as expected, so there is nothing to do. `theirs`: another owner has the lock, for at most
 * `ms`.
 */
export type LockAnswer =
  | { state: "changed"; value: string | undefined }
  | { state: "yours"; value: string | undefined }
  | { state: "theirs"; ms: number };

/**
 * One text in a storage with a life of its own: an attempt, a registration, a tool list, or a session's credentials.
 *
 * Every method is one atomic step, and rejects with a `StoreUnavailableError` if the store does not answer.
 */
export class StoredValue {
  readonly #driver: StorageDriver;
  readonly #partition: Partition;
  readonly #name: ValueName;
  readonly #asker: string | undefined;

  /** `asker`: the user who uses a value that users share, where that is known. */
  constructor(driver: StorageDriver, partition: Partition, name: ValueName, asker?: string) {
    this.#driver = driver;
    this.#partition = partition;
    this.#name = name;
    this.#asker = asker;
  }

  /** With `ttl` (s), the value lives about that long from now on. */
  async read(ttl?: number): Promise<string | undefined> {
    const { rows } = await this.#driver.read({
      partition: this.#partition,
      asker: this.#asker,
      ids: [this.#name.id],
      row: () => ({ values: [this.#name] }),
      ...(ttl === undefined ? {} : { lifeMs: ttl * 1_000 }),
    });
    return rows[0]?.texts[0];
  }

  /** `ttl` in seconds. */
  async write(text: string, ttl: number): Promise<void> {
    await this.#driver.commit({
      partition: this.#partition,
      set: [{ value: this.#name, text, lifeMs: ttl * 1_000 }],
    });
  }

  /**
   * Replaces the value only while it begins with `head`. `ttl` in seconds; without it, the remaining life stays.
   * Returns whether it did. A missing value is never replaced.
   */
  async replace(head: string, text: string, ttl?: number): Promise<boolean> {
    const { done } = await this.#driver.commit({
      partition: this.#partition,
      compare: [{ value: this.#name, head }],
      set: [{ value: this.#name, text, lifeMs: ttl === undefined ? "kept" : ttl * 1_000 }],
      durable: true,
    });
    return done;
  }

  /** With `holding`, only if the text is exactly that. */
  async erase(holding?: string): Promise<void> {
    await this.#driver.commit({
      partition: this.#partition,
      erase: [{ value: this.#name, ...(holding === undefined ? {} : { holding }) }],
    });
  }

  /** Takes the lock with this ID while the value is as expected. */
  async lock(id: string, { expected, owner, lifeMs }: LockRequest): Promise<LockAnswer> {
    const [value, lock] = [this.#name, { kind: "lock", id } as const];
    const answer = await this.#driver.commit({
      partition: this.#partition,
      compare: [
        expected === null ? { value, absent: true } : { value, head: expected, answer: true },
        { value: lock, absent: true },
      ],
      set: [{ value: lock, text: owner, lifeMs }],
    });
    if (answer.done) return { state: "yours", value: answer.texts[0] };
    if (answer.failed === 1) return { state: "theirs", ms: answer.leftMs };
    return { state: "changed", value: answer.there === undefined ? undefined : String(answer.there) };
  }

  /** Lets a lock last for `lifeMs` (ms) from now. Returns whether this owner still has it. */
  async renewLock(id: string, { owner, lifeMs }: Pick<LockRequest, "owner" | "lifeMs">): Promise<boolean> {
    const value = { kind: "lock", id } as const;
    const { done } = await this.#driver.commit({
      partition: this.#partition,
      compare: [{ value, equals: owner }],
      touch: [{ value, lifeMs }],
    });
    return done;
  }

  /** Gives up a lock, if this owner still has it. */
  async unlock(id: string, owner: string): Promise<void> {
    await this.#driver.commit({
      partition: this.#partition,
      erase: [{ value: { kind: "lock", id }, holding: owner }],
    });
  }
}

/** A value that users share, in its own partition. `asker`: the user who uses it, where that is known. */
export function sharedValue(driver: StorageDriver, shared: SharedKind, id: string, asker?: string): StoredValue {
  return new StoredValue(driver, { shared, id }, { kind: shared, id }, asker);
}
