import { isTransitional, type LoggedEvent, type McpConnectionState } from "@mcp-assistant/protocol";
import type { EventLog } from "../events/event-log.js";
import { singleFlight } from "../process-wide.js";
import type { SessionRecord } from "../session/session-record.js";
import type { Sessions } from "../session/sessions.js";

export interface WaitDeps {
  sessions: Sessions;
  eventLog: Pick<EventLog, "listen">;
  /** Identifies the store, so that two stores in one process do not share a wait. */
  storeId: string;
}

/** The longest wait (ms). Connecting takes less, so a caller that gets this far finds the session still at work. */
const maxWaitMs = 60_000;

/** How often (ms) a wait looks at the record itself: a killed process announces no end. */
const lookIntervalMs = 2_000;

/**
 * Waits while another caller, perhaps in another process, works on a session: until it is at rest or waits for the
 * user, or for a minute. All callers in a process share one wait, which ends with the event of the last step.
 */
export async function waitForRest(deps: WaitDeps, seen: SessionRecord): Promise<SessionRecord> {
  const { userId, sessionId } = seen;
  const end = performance.now() + maxWaitMs;
  let record = seen;
  while (isUnderWay(record.state) && performance.now() < end) {
    const key = JSON.stringify([deps.storeId, userId, sessionId]);
    const rested = await singleFlight("rest", key, () => nextRest(deps, seen));
    // The wait may have ended with an earlier rest than that of the work that this caller has seen.
    record = rested.v >= seen.v ? rested : (await deps.sessions.read(userId, sessionId)).record;
  }
  return record;
}

async function nextRest(
  { sessions, eventLog }: WaitDeps,
  { userId, sessionId }: SessionRecord,
): Promise<SessionRecord> {
  const end = performance.now() + maxWaitMs;
  let isNews = false;
  let look: () => void = () => undefined;
  const wake = () => {
    isNews = true;
    look();
  };
  const stop = await eventLog.listen(userId, {
    entry: ({ event }) => {
      if (event.sessionId === sessionId && endsWork(event)) wake();
    },
    interrupted: wake,
  });
  try {
    for (;;) {
      isNews = false;
      const { record } = await sessions.read(userId, sessionId);
      if (!isUnderWay(record.state) || performance.now() >= end) return record;
      if (!isNews) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, lookIntervalMs);
          look = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    }
  } finally {
    stop();
  }
}

const isUnderWay = (state: McpConnectionState) => isTransitional(state) && state !== "AUTHENTICATING";

const endsWork = (event: LoggedEvent) =>
  event.type === "session_removed" || (event.type === "state_changed" && !isUnderWay(event.state));
