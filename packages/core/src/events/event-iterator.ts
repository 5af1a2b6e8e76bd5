/**
 * A bounded queue that is read as an async iterator. It is written by hand because a generator over `events.on` leaves
 * an unhandled rejection when a reader goes away, and that ends the Node process. Here `next()` resolves when the
 * signal aborts, and `return()` wakes a waiting `next()`.
 */
export class EventIterator<T> implements AsyncIterableIterator<T, undefined> {
  readonly #queue: T[] = [];
  readonly #limit: number;
  readonly #onEnd: () => void;
  readonly #signal: AbortSignal | undefined;
  readonly #waiting: ((result: IteratorResult<T, undefined>) => void)[] = [];
  #ended = false;

  /** `limit` is the number of entries that may wait for a slow reader. `onEnd` runs once, however the iterator ends. */
  constructor({ limit, signal, onEnd }: { limit: number; signal: AbortSignal | undefined; onEnd: () => void }) {
    this.#limit = limit;
    this.#signal = signal;
    this.#onEnd = onEnd;
    if (signal?.aborted) this.end();
    else signal?.addEventListener("abort", this.end, { once: true });
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** False when the queue is full and the value was not accepted. */
  push(value: T): boolean {
    if (this.#ended) return true;
    const wake = this.#waiting.shift();
    if (wake) {
      wake({ value, done: false });
      return true;
    }
    if (this.#queue.length >= this.#limit) return false;
    this.#queue.push(value);
    return true;
  }

  /** Drops all queued values. */
  clear(): void {
    this.#queue.length = 0;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const value = this.#queue.shift();
    if (value !== undefined) return Promise.resolve({ value, done: false });
    if (this.#ended) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  readonly end = (): void => {
    if (this.#ended) return;
    this.#ended = true;
    this.#signal?.removeEventListener("abort", this.end);
    this.clear();
    for (const wake of this.#waiting.splice(0)) wake({ value: undefined, done: true });
    this.#onEnd();
  };

  [Symbol.asyncIterator](): this {
    return this;
  }
}
