import { AsyncLocalStorage } from "node:async_hooks";
import type { Budget } from "./budget.js";

/** How long (ms) a server may leave a stream open after the answer: one that ends in time keeps its connection for more. */
const lingerMs = 1_000;

/** One request of ours, from its POST to the end of the last stream that may carry its answer. */
export class Exchange {
  readonly id: string | number;
  readonly budget: Budget | undefined;
  readonly #end = new AbortController();
  #lingers: NodeJS.Timeout | undefined;
  isStream = false;
  isAnswered = false;
  /** What ended its last stream. */
  trouble: unknown;
  /** How often a stream was resumed since the last message. */
  resumed = 0;

  constructor(id: string | number, budget: Budget | undefined) {
    this.id = id;
    this.budget = budget;
    budget?.over.addEventListener("abort", () => this.isAnswered || this.#end.abort(), { once: true });
  }

  /** The one that this code runs for. */
  static current(): Exchange | undefined {
    return exchanges.getStore();
  }

  /** Runs work, and all that it starts, for this exchange. */
  run<T>(work: () => Promise<T>): Promise<T> {
    return exchanges.run(this, work);
  }

  /** Runs what belongs to no exchange. */
  static runFree<T>(work: () => T): T {
    return exchanges.exit(work);
  }

  /** Aborts the streams that are left open. */
  get end(): AbortSignal {
    return this.#end.signal;
  }

  answered(): void {
    this.isAnswered = true;
    if (this.isStream) this.#lingers ??= setTimeout(() => this.#end.abort(), lingerMs).unref();
  }

  ended(): void {
    clearTimeout(this.#lingers);
  }
}

const exchanges = new AsyncLocalStorage<Exchange>();
