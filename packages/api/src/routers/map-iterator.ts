/**
 * An async iterator's values, changed one by one. No generator: one that waits in a `for await` is deaf to `return()`
 * until its source speaks, and would keep a stream alive whose reader has gone.
 */
export function mapIterator<T, U>(
  source: AsyncIterableIterator<T, undefined>,
  change: (value: T) => U,
): AsyncIterableIterator<U, undefined> {
  return {
    async next() {
      const result = await source.next();
      return result.done ? { value: undefined, done: true } : { value: change(result.value), done: false };
    },
    async return() {
      await source.return?.();
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
