import { type ErrorInfo, isTransitional } from "@mcp-assistant/protocol";
import { InterruptedError } from "../errors.js";
import type { SessionRecord } from "./session-record.js";

/** What a record has become because nobody renewed its lease; `undefined` when it stands as it is. */
export type Expired = { state: "DISCONNECTED"; reason: string } | { state: "FAILED"; error: ErrorInfo };

/**
 * The state that a record is truly in at `now` (ms, the store's clock). A transitional state ends with its lease, so
 * that a process killed in the middle leaves nothing stuck: a sign-in that was left lying is over, anything else was
 * interrupted and can be repeated.
 */
export function effectiveState(record: SessionRecord, now: number): Expired | undefined {
  if (!isTransitional(record.state) || (record.work && now < record.work.until)) return undefined;
  if (record.state === "AUTHENTICATING") return { state: "DISCONNECTED", reason: "The sign-in expired" };
  return {
    state: "FAILED",
    error: new InterruptedError({
      message: "Connecting was interrupted",
      hint: "Your sign-in is kept. Reconnect to go on.",
      retryable: true,
    }).toJSON(),
  };
}
