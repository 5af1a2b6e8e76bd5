import { type ErrorInfo, isTransitional } from "@mcp-assistant/protocol";
import { InterruptedError } from "../errors.js";
import { isLeased } from "./lease.js";
import type { SessionRecord } from "./session-record.js";

/** What a record becomes when its lease is not renewed. */
export type Expired = { state: "DISCONNECTED"; reason: string } | { state: "FAILED"; error: ErrorInfo };

/**
 * What a record has become at `now` (ms, the store's clock); `undefined` if its state still holds. A transitional state
 * ends with its lease, so that a process killed in the middle leaves nothing stuck: an abandoned sign-in expires, and
 * anything else was interrupted and can be repeated.
 */
export function effectiveState(record: SessionRecord, now: number): Expired | undefined {
  if (!isTransitional(record.state) || isLeased(record, now)) return undefined;
  if (record.state === "AUTHENTICATING") return { state: "DISCONNECTED", reason: "The sign-in timed out" };
  return {
    state: "FAILED",
    error: new InterruptedError({
      message: "Connecting was interrupted",
      hint: "Reconnect to continue.",
      retryable: true,
    }).toJSON(),
  };
}
