import { AsyncLocalStorage } from "node:async_hooks";

/**
 * Things that exist once per process, however often its bundles load this module: Next.js evaluates a package up to
 * three times in one process. Keys are strings, or objects such as a host's own Redis connection.
 */
const registrySymbol = Symbol.for("@mcp-assistant/core");

type Registry = Map<string, Map<unknown, unknown>>;

function registry(): Registry {
  const holder = globalThis as typeof globalThis & { [registrySymbol]?: Registry };
  holder[registrySymbol] ??= new Map();
  return holder[registrySymbol];
}

/** The process's single thing of this `kind` for `key`, made at the first call. */
export function processWide<T>(kind: string, key: unknown, make: () => T): T {
  const kinds = registry();
  const things = kinds.get(kind) ?? new Map<unknown, unknown>();
  kinds.set(kind, things);
  if (!things.has(key)) things.set(key, make());
  // Only this function writes here, and a kind always has the same type.
  return things.get(key) as T;
}

/** Forgets the process's thing of this `kind` for `key`; the next call makes a new one. */
export function forgetProcessWide(kind: string, key: unknown): void {
  registry().get(kind)?.delete(key);
}

/** What belongs to the caller of the running code alone: an answer of ours. Work that callers share has none. */
export const callersOwn = <T>(): AsyncLocalStorage<T> =>
  processWide("caller's own", 1, () => new AsyncLocalStorage<T>());

/** Runs work that callers share. It does not end with what belongs to the one that happened to come first. */
export const runShared = <T>(work: () => T): T => callersOwn().exit(work);

/**
 * Runs `work` only once at a time per key in this process: callers that arrive meanwhile get the same promise. It runs like
 * {@link runShared}.
 */
export function singleFlight<T>(kind: string, key: string, work: () => Promise<T>): Promise<T> {
  return processWide(`flight:${kind}`, key, () =>
    runShared(work).finally(() => forgetProcessWide(`flight:${kind}`, key)),
  );
}

interface Flight<T> {
  result: Promise<T>;
  callers: number;
  gone: AbortController;
}

/**
 * Like {@link singleFlight}, for work that its callers may give up: a caller whose signal aborts is rejected with its
 * reason at once, and the signal of the work aborts when all of them have gone.
 */
export async function sharedFlight<T>(
  kind: string,
  key: string,
  work: (gone: AbortSignal) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  signal?.throwIfAborted();
  const flights = processWide("shared flights", kind, () => new Map<string, Flight<T>>());
  const flight = flights.get(key) ?? begin(work);
  flights.set(key, flight);
  flight.callers += 1;
  const forget = () => {
    if (flights.get(key) === flight) flights.delete(key);
  };
  return new Promise((resolve, reject) => {
    const leave = () => {
      reject(signal?.reason);
      flight.callers -= 1;
      if (flight.callers > 0) return;
      // A caller who comes now needs work of their own.
      forget();
      flight.gone.abort(signal?.reason);
    };
    signal?.addEventListener("abort", leave, { once: true });
    flight.result.then(resolve, reject).finally(() => {
      signal?.removeEventListener("abort", leave);
      forget();
    });
  });
}

function begin<T>(work: (gone: AbortSignal) => Promise<T>): Flight<T> {
  const gone = new AbortController();
  return { result: runShared(() => work(gone.signal)), callers: 0, gone };
}
