import { AsyncLocalStorage } from "node:async_hooks";
import type { Budget } from "./budget.js";
import type { Exchange } from "./exchange.js";
import type { Standing } from "./standing.js";

/** What the calling code works for. */
interface Current {
  /** The limits of the step that it belongs to. */
  budget?: Budget | undefined;
  /** The request whose answer is being read. */
  exchange?: Exchange;
  /** For a message that ends something at the server: ends this message, in place of the transport's own signal. */
  farewell?: AbortSignal;
  /** The standing stream that is being opened or read. */
  standing?: Standing;
}

/** One store for both, because each store makes every promise of the process dearer. */
const store = new AsyncLocalStorage<Current>();

export const current = (): Current => store.getStore() ?? {};

/** Runs `work`, and everything that it starts, for this step or request. */
export const runFor = <T>(what: Current, work: () => T): T => store.run(what, work);

/** Runs `work` outside any step. */
export const runFree = <T>(work: () => T): T => store.exit(work);
