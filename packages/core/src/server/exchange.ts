import type { JSONRPCNotification } from "@modelcontextprotocol/client";
import type { Budget } from "./budget.js";

/**
 * How long (ms) a server may leave a stream open after the answer. If it ends in time, its connection can be reused.
 */
const lingerMs = 1_000;

/** The step that a request belongs to. */
export interface OfStep {
  /** Its limits. */
  budget?: Budget | undefined;
  /** The maximum time (ms) of the step, which counts it itself. */
  maxMs?: number | undefined;
  /** Gets the notifications that arrive with an answer, exactly as the server sent them. */
  heard?: ((notification: JSONRPCNotification) => void) | undefined;
}

/** One request to a server, from its POST to the end of the last stream that may carry its answer. */
export class Exchange {
  /** The request's ID as the server sees it, and as the SDK knows it. */
  readonly id: string | number;
  readonly ownId: string | number;
  readonly budget: Budget | undefined;
  readonly maxMs: number | undefined;
  readonly heard: OfStep["heard"];
  readonly #end = new AbortController();
  #lingers: NodeJS.Timeout | undefined;
  isStream = false;
  isAnswered = false;
  /** The error that ended the last stream. */
  trouble: unknown;
  /** How often its stream was resumed since the last message. */
  resumed = 0;

  constructor({ id, ownId }: Pick<Exchange, "id" | "ownId">, { budget, maxMs, heard }: OfStep) {
    this.id = id;
    this.ownId = ownId;
    this.budget = budget;
    this.maxMs = maxMs;
    this.heard = heard;
    budget?.afterwards(() => this.isAnswered || this.#end.abort());
  }

  /** Aborts the streams that are still open. */
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
