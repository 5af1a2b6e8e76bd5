interface Value {
  value: unknown;
  bytes: number;
  /** How many users hold it. */
  holders: number;
}

interface Holder {
  user: string;
  bytes: number;
  /** When they last used something. */
  usedAt: number;
  /** In the order of their last use. */
  held: Map<string, Value>;
}

/** About how many bytes it takes to know that a user holds a value. */
const holdingBytes = 256;

/** A user who has used nothing for so long (ms) gives way first. */
const idleAfterMs = 600_000;

/**
 * Keeps what was used last, up to a number of bytes, with a fair share for each user. A value is kept once, and counts
 * in full for every user who has used it. When there are too many bytes, users who have been away give way, and then
 * the user who holds most, with what they used least recently. So what a user holds is safe while another holds twice
 * as much.
 *
 * What a key stands for never changes: it contains a hash.
 */
export class ByteCache {
  readonly #maxBytes: number;
  readonly #now: () => number;
  readonly #values = new Map<string, Value>();
  readonly #holders = new Map<string, Holder>();
  /** Those who hold 1 byte, 2 or 3, 4 to 7 and so on; in the order of their last use. */
  readonly #bySize: Set<Holder>[] = [];
  #bytes = 0;

  constructor(maxBytes: number, now: () => number = () => performance.now()) {
    this.#maxBytes = maxBytes;
    this.#now = now;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The value, which this user has used now. */
  get<T>(user: string, key: string): T | undefined {
    const found = this.#values.get(key);
    if (!found) return undefined;
    this.#hold(user, key, found);
    // The code that writes a key also reads it, so its values have one type.
    return found.value as T;
  }

  /** Keeps a value of about this size, which this user has used now. */
  set(user: string, key: string, value: unknown, bytes: number): void {
    const kept = this.#values.get(key) ?? { value, bytes, holders: 0 };
    kept.value = value;
    this.#hold(user, key, kept);
  }

  #hold(user: string, key: string, value: Value): void {
    const holder = this.#holders.get(user) ?? { user, bytes: 0, usedAt: 0, held: new Map() };
    const isNew = !holder.held.delete(key);
    holder.held.set(key, value);
    holder.usedAt = this.#now();
    this.#resize(holder, isNew ? value.bytes + holdingBytes : 0);
    if (!isNew) return;
    this.#values.set(key, value);
    this.#bytes += holdingBytes + (value.holders === 0 ? value.bytes : 0);
    value.holders += 1;
    while (this.#bytes > this.#maxBytes) this.#giveWay();
  }

  #giveWay(): void {
    const holder = this.#next();
    const [key, value] = holder?.held.entries().next().value ?? [];
    if (!holder || key === undefined || !value) return;
    holder.held.delete(key);
    this.#resize(holder, -value.bytes - holdingBytes);
    value.holders -= 1;
    this.#bytes -= holdingBytes + (value.holders === 0 ? value.bytes : 0);
    if (value.holders === 0) this.#values.delete(key);
  }

  /** Puts a holder last among those who hold about as much as they do now. */
  #resize(holder: Holder, change: number): void {
    this.#bySize[Math.floor(Math.log2(holder.bytes))]?.delete(holder);
    holder.bytes += change;
    if (holder.held.size === 0) {
      this.#holders.delete(holder.user);
      return;
    }
    this.#holders.set(holder.user, holder);
    const size = Math.floor(Math.log2(holder.bytes));
    this.#bySize[size] = (this.#bySize[size] ?? new Set()).add(holder);
  }

  /** Who gives way: someone who has been away, or of those who hold most the one who has used nothing for longest. */
  #next(): Holder | undefined {
    const oldest = this.#bySize.flatMap((holders) => holders.values().next().value ?? []);
    return oldest.find(({ usedAt }) => usedAt < this.#now() - idleAfterMs) ?? oldest.at(-1);
  }
}
