import { mapIterator } from "@mcp-assistant/core";

/** How often (ms) to check whether an open stream may continue. */
const checkIntervalMs = 60_000;

export interface CheckedIteratorOptions {
  /** Rejects with the error that the stream ends with. A check that takes longer than the interval counts as failed. */
  check: () => Promise<void>;
  /** The error for a check that does not answer. */
  noAnswer: () => Error;
  signal: AbortSignal | undefined;
}

/**
 * Passes on an async iterator's values for as long as a check accepts it. The check runs at every interval. Values that
 * are still queued when the check refuses are not delivered.
 */
export function checkedIterator<T>(
  source: AsyncIterableIterator<T, undefined>,
  { check, noAnswer, signal }: CheckedIteratorOptions,
): AsyncIterableIterator<T, undefined> {
  let over = false;
  let checking = false;
  let refusal: { error: unknown } | undefined;

  const end = () => {
    over = true;
    clearInterval(timer);
    signal?.removeEventListener("abort", end);
  };
  const refuse = (error: unknown) => {
    if (over) return;
    refusal = { error };
    end();
    void source.return?.();
  };
  const timer = setInterval(() => {
    if (checking) return refuse(noAnswer());
    checking = true;
    check().then(() => {
      checking = false;
    }, refuse);
  }, checkIntervalMs).unref();
  if (signal?.aborted) end();
  else signal?.addEventListener("abort", end, { once: true });

  return mapIterator(source, {
    value: (value) => {
      if (refusal) throw refusal.error;
      return value;
    },
    ended: () => {
      if (refusal) throw refusal.error;
      end();
    },
    returned: end,
  });
}
