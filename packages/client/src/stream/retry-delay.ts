import type { ErrorInfo } from "@mcp-assistant/protocol";

/** The longest wait (ms) before the next try. */
const maxDelayMs = 10_000;

/** ms to wait after the nth failure in a row. Randomised between half and all, so that browsers do not retry together. */
export function retryDelay(failures: number, random: () => number = Math.random): number {
  return Math.min(maxDelayMs, 500 * 2 ** (failures - 1)) * (0.5 + random() / 2);
}

/**
 * ms to wait after an error that was the nth failure in a row. If the app says when to retry, never earlier: that try
 * would be refused, too.
 */
export function delayAfter({ retryAfter = 0 }: ErrorInfo, failures: number, random?: () => number): number {
  return retryAfter + retryDelay(failures, random);
}

/** The error to show after the nth failure in a row. A single cut is not shown, because the stream is back at once. */
export function visibleError(error: ErrorInfo, failures: number): ErrorInfo | null {
  return error.code === "APP_UNREACHABLE" && failures === 1 ? null : error;
}
