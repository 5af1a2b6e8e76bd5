import { setTimeout as pause } from "node:timers/promises";

/**
 * Asks until the answer is neither `undefined`, `null` nor `false`, and gives it back. Throws with the last error after
 * `timeout` ms (5 000).
 */
export async function eventually<T>(
  ask: () => T | Promise<T>,
  { timeout = 5_000, every = 25 }: { timeout?: number; every?: number } = {},
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
