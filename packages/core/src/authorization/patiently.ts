import { setTimeout as pause } from "node:timers/promises";
import { StoreUnavailableError } from "../errors.js";

/** How often (ms) a store that is away is asked again. */
const intervalMs = 250;

/**
 * Keeps what cannot be had again: new tokens, when the store is away at this moment. Tries until it is done or `life` ms
 * have passed; then throws the last {@link StoreUnavailableError}. Other errors end it at once.
 */
export async function patiently<T>(life: number, write: () => Promise<T>): Promise<T> {
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
