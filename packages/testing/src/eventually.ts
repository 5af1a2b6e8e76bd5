import { setTimeout as pause } from "node:timers/promises";

/**
 * Calls `ask` until its answer is neither `undefined`, `null` nor `false`, and returns that answer. After `timeout` ms
 * (10 000) it throws, with the last error as its cause.
 */
export async function eventually<T>(
  ask: () => T | Promise<T>,
  { timeout = 10_000, every = 25 }: { timeout?: number; every?: number } = {},
): Promise<NonNullable<T>> {
  const end = performance.now() + timeout;
  let last: unknown;
  while (performance.now() < end) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== null && answer !== false) return answer;
    } catch (error) {
      last = error;
    }
    await pause(every);
  }
  throw new Error(`It did not happen within ${timeout} ms`, { cause: last });
}
