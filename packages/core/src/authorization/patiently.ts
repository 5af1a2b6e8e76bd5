import { setTimeout as pause } from "node:timers/promises";
import { StoreUnavailableError } from "../errors.js";

/** How often (ms) an unavailable store is tried again. */
const intervalMs = 250;

/**
 * Writes something that cannot be obtained again, such as new tokens, even if the store is unavailable at the moment.
 * Tries until it works or `life` ms have passed, then throws the last {@link StoreUnavailableError}. Any other error is
 * thrown at once.
 */
export async function retryUntilStored<T>(life: number, write: () => Promise<T>): Promise<T> {
  const end = performance.now() + life;
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) || performance.now() + intervalMs > end) throw error;
      await pause(intervalMs);
    }
  }
}
