export interface IteratorChanges<T, U> {
  /** A value on its way. What it throws is what the reader gets. */
  value: (value: T) => U | Promise<U>;
  /** Runs when the source has ended. What it throws is what the reader gets in place of the end. */
  ended?: () => void;
  /** Runs when the reader has gone. */
  returned?: () => void;
  /** What the reader gets in place of an error. */
  failed?: (error: unknown) => unknown;
}

/**
 * An async iterator's values, changed one by one. No generator: one that waits in a `for await` is deaf to `return()`
 * until its source speaks, and would keep a stream alive whose reader has gone.
 *
 * tRPC fetches the next value before it has passed on the last one, and looks at it only when the reader has taken
 * that: until then nobody handles a rejection, and Node would end the process for it. So every answer is handled here.
 */
export function mapIterator<T, U>(
  source: AsyncIterableIterator<T, undefined>,
  { value, ended, returned, failed = (error) => error }: IteratorChanges<T, U>,
): AsyncIterableIterator<U, undefined> {
  async function take(): Promise<IteratorResult<U, undefined>> {
    try {
      const result = await source.next();
      if (!result.done) return { value: await value(result.value), done: false };
    } catch (error) {
      throw failed(error);
    }
    ended?.();
    return { value: undefined, done: true };
  }
  return {
    next() {
      const answer = take();
      answer.catch(() => undefined);
      return answer;
    },
    async return() {
      returned?.();
      await source.return?.();
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
