import type { ErrorInfo } from "@mcp-assistant/protocol";

/** The longest wait (ms) before the next try, unless the app asks for a longer one. */
const maxDelayMs = 10_000;

/**
 * ms to wait after an error that was the nth failure in a row. Randomised between half and all, so that browsers do not
 * retry together, and never earlier than the app says: that try would be refused, too.
 */
export function delayAfter({ retryAfter = 0 }: ErrorInfo, failures: number, random = Math.random): number {
  return retryAfter + Math.min(maxDelayMs, 500 * 2 ** (failures - 1)) * (0.5 + random() / 2);
}
