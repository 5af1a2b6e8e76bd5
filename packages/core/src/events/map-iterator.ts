export interface IteratorChanges<T, U> {
  /** Maps a value. An error thrown here goes to the reader, through `failed`. */
  value: (value: T) => U | Promise<U>;
  /** Runs when the source has ended. An error thrown here goes to the reader in place of the end. */
  ended?: () => void;
  /** Runs when the reader has gone. */
  returned?: () => void;
  /** Maps an error to the one that the reader gets. */
  failed?: (error: unknown) => unknown;
}

/**
 * Maps the values of an async iterator one by one. It is not a generator: while a generator waits in a `for await`, it
 * ignores `return()` until its source yields, which would keep a stream alive after its reader has gone.
 *
 * tRPC fetches the next value before it has passed on the last one, and looks at it only when the reader has taken the
 * last. Until then a rejection would be unhandled and end the Node process, so every promise gets a handler here.
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
