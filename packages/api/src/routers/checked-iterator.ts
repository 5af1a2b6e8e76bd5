/** How often (ms) it is checked whether an open stream may go on. */
const checkInterval = 60_000;

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
 *
 * tRPC fetches the next value before it has passed on the last one, and looks at it only when the reader has taken
 * that: until then nobody handles a rejection, and Node would end the process for it. So every answer is handled here.
 */
export function checkedIterator<T>(
  source: AsyncIterableIterator<T, undefined>,
  { check, noAnswer, signal }: CheckedIteratorOptions,
): AsyncIterableIterator<T, undefined> {
  let ended = false;
  let checking = false;
  let refusal: { error: unknown } | undefined;

  const end = () => {
    ended = true;
    clearInterval(timer);
    signal?.removeEventListener("abort", end);
  };
  const refuse = (error: unknown) => {
    if (ended) return;
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
  }, checkInterval).unref();
  if (signal?.aborted) end();
  else signal?.addEventListener("abort", end, { once: true });

  async function take(): Promise<IteratorResult<T, undefined>> {
    const result = await source.next();
    if (refusal) throw refusal.error;
    if (result.done) end();
    return result;
  }

  return {
    next() {
      const answer = take();
      answer.catch(() => undefined);
      return answer;
    },
    async return() {
      end();
      await source.return?.();
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
