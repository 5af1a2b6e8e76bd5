import { setTimeout as pause } from "node:timers/promises";
import { isTransitional } from "@mcp-assistant/protocol";
import type { SessionRecord } from "../session/session-record.js";
import type { Sessions } from "../session/sessions.js";

/** The longest pause (ms) between two looks at another caller's work. */
const maxPauseMs = 400;

/**
 * Waits while another caller, perhaps in another process, works on a session: until it is at rest or waits for the
 * user. The wait always ends, because every lease expires.
 */
export async function waitForRest(sessions: Sessions, seen: SessionRecord): Promise<SessionRecord> {
  let record = seen;
  for (let wait = 50; isTransitional(record.state) && record.state !== "AUTHENTICATING"; wait *= 1.5) {
    await pause(Math.min(wait, maxPauseMs));
    ({ record } = await sessions.read(seen.userId, seen.sessionId));
  }
  return record;
}
