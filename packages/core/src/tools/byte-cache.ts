interface Entry {
  value: unknown;
  bytes: number;
}

/** Of all that a cache holds, one value may take this share. A larger one is not kept. */
const maxShare = 1 / 8;

/** Keeps what was used last, up to a number of bytes. What a key stands for never changes: it contains a hash. */
export class ByteCache {
  readonly #maxBytes: number;
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The value, which counts as used now. */
  get<T>(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    // The code that writes a key also reads it, so its values have one type.
    return entry.value as T;
  }

  /** Keeps a value of about this size. */
  set(key: string, value: unknown, bytes: number): void {
    this.#forget(key);
    if (bytes > this.#maxBytes * maxShare) return;
    this.#entries.set(key, { value, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }
}
