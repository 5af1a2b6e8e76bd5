import { AsyncLocalStorage } from "node:async_hooks";
import { processWide } from "../process-wide.js";
import type { Holding } from "./held-bytes.js";

const deliveries = () => processWide("deliveries", 1, () => new AsyncLocalStorage<Delivery>());

/**
 * An answer of this app, on its way to its reader. The results in it stay in memory until it has been written, and a slow
 * reader can draw that out. So what they have taken of the room stays taken for as long.
 */
export class Delivery {
  readonly #holdings = new Set<Holding>();
  readonly #stopped = new AbortController();
  #isOver = false;

  /** The answer that the calling code works for, if it is one of our handler and is not over. Timers outlive theirs. */
  static current(): Delivery | undefined {
    const delivery = deliveries().getStore();
    return delivery && !delivery.#isOver ? delivery : undefined;
  }

  /** Runs `work`, and everything that it starts, for no answer: what others see and wait for does not end with one. */
  static outside<T>(work: () => T): T {
    return deliveries().exit(work);
  }

  /** Runs `work`, and everything that it starts, for this answer. */
  run<T>(work: () => T): T {
    return deliveries().run(this, work);
  }

  /** Aborts with the error to answer instead, because a user who holds less needs the room. */
  get stopped(): AbortSignal {
    return this.#stopped.signal;
  }

  get isEmpty(): boolean {
    return this.#holdings.size === 0;
  }

  /** Keeps what a result has taken until the end. */
  keep(holding: Holding): void {
    if (this.#isOver || this.stopped.aborted) holding.giveBack();
    else this.#holdings.add(holding);
  }

  /** Gives everything back. What still works for this answer finds it stopped until its end. */
  stop(error: unknown): void {
    this.#giveBack();
    this.#stopped.abort(error);
  }

  /** The answer has been written, or its reader has gone. */
  end(): void {
    this.#isOver = true;
    this.#giveBack();
  }

  #giveBack(): void {
    for (const holding of this.#holdings) holding.giveBack();
    this.#holdings.clear();
  }
}
