import { mapIterator } from "@mcp-assistant/core";

/** How often (ms) it is checked whether an open stream may go on. */
const checkIntervalMs = 60_000;

export interface CheckedIteratorOptions {
  /** Rejects with what the stream is to end with. One that takes longer than the interval has failed, too. */
  check: () => Promise<void>;
  /** What a check that does not answer is. */
  noAnswer: () => Error;
  signal: AbortSignal | undefined;
}

/**
 * An async iterator's values for as long as a check accepts it, asked at every interval. What the source has queued by
 * the time of a refusal is not given out any more.
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
