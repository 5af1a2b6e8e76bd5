import { runShared } from "../process-wide.js";

/**
 * Does what it is asked for, and returns how long (ms) to wait at least before the next time. Gets what the work before
 * returned, if it was asked for again while that lasted, otherwise 0.
 */
type Work = (lastMs: number) => Promise<number>;

interface Waiting {
  work: Work | undefined;
  lastMs: number;
  timer?: NodeJS.Timeout;
}

/**
 * Does work soon after it is first asked for, and then at most once in `intervalMs` for each key, however often it is
 * asked for. Its timers do not keep a process running. The work must not throw.
 */
export class Debounced {
  readonly #firstMs: number;
  readonly #intervalMs: number;
  readonly #waiting = new Map<string, Waiting>();
  #isClosed = false;

  constructor({ firstMs, intervalMs }: { firstMs: number; intervalMs: number }) {
    this.#firstMs = firstMs;
    this.#intervalMs = intervalMs;
  }

  /** The latest work of a key is the one that is done. */
  ask(key: string, work: Work): void {
    const waiting = this.#waiting.get(key);
    if (waiting) waiting.work = work;
    else if (!this.#isClosed) {
      const first: Waiting = { work, lastMs: 0 };
      this.#waiting.set(key, first);
      this.#wait(key, first, this.#firstMs);
    }
  }

  /** Forgets what has not begun. */
  close(): void {
    this.#isClosed = true;
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }

  #wait(key: string, waiting: Waiting, ms: number): void {
    if (this.#isClosed) return;
    // Not in the name of the caller who happened to be first.
    runShared(() => {
      waiting.timer = setTimeout(() => void this.#run(key, waiting), ms).unref();
    });
  }

  async #run(key: string, waiting: Waiting): Promise<void> {
    const { work } = waiting;
    waiting.work = undefined;
    if (!work) {
      this.#waiting.delete(key);
      return;
    }
    waiting.lastMs = await work(waiting.lastMs);
    this.#wait(key, waiting, Math.max(this.#intervalMs, waiting.lastMs));
  }
}
