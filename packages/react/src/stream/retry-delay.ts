import type { ErrorInfo } from "@mcp-assistant/protocol";

/** The longest wait (ms) before the app is asked again. */
const maxDelayMs = 10_000;

/** ms to wait after the nth failure in a row. Between half and all of it, so that not all browsers come at once. */
export function retryDelay(failures: number, random: () => number = Math.random): number {
  return Math.min(maxDelayMs, 500 * 2 ** (failures - 1)) * (0.5 + random() / 2);
}

/**
 * ms to wait after an error that was the nth failure in a row. Where the app says when it goes again, not before: an early
 * try would be refused, too.
 */
export function delayAfter({ retryAfter = 0 }: ErrorInfo, failures: number, random?: () => number): number {
  return retryAfter + retryDelay(failures, random);
}

/** What of the nth failure in a row is said. A line that was cut is back at once: only an app that stays away is news. */
export function toldError(error: ErrorInfo, failures: number): ErrorInfo | null {
  return error.code === "APP_UNREACHABLE" && failures === 1 ? null : error;
}
