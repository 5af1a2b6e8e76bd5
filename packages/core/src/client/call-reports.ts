import { setTimeout as pause } from "node:timers/promises";
import type { CallProgress } from "@mcp-assistant/protocol";
import { budgetUser } from "../budgets/budget-user.js";
import { Turns } from "../budgets/turns.js";
import { processWide } from "../process-wide.js";
import type { SessionRecord } from "../session/session-record.js";
import type { ClientDeps } from "./client-deps.js";

/** The minimum time (ms) between two reports of the same call. */
const reportIntervalMs = 250;

/** How many calls of one user report in such a time in this process: 32 reports a second. The others wait. */
const callsPerInterval = 8;

/** How long (ms) a report waits for its turn: as long as calls take by default. */
const maxWaitMs = 60_000;

type ReportDeps = Pick<ClientDeps, "eventLog" | "sessions" | "storeId">;

/**
 * Reports the progress of a call to the open streams of its user, in all processes: the latest, and not too often. The
 * calls of a user take turns. A report that fails is lost, and the call goes on.
 */
export class CallReports {
  readonly #deps: ReportDeps;
  readonly #record: SessionRecord;
  readonly #callId: string;
  #latest: CallProgress | undefined;
  #isSending = false;

  constructor(deps: ReportDeps, record: SessionRecord, callId: string) {
    this.#deps = deps;
    this.#record = record;
    this.#callId = callId;
  }

  readonly report = (progress: CallProgress): void => {
    this.#latest = progress;
    if (!this.#isSending) void this.#send();
  };

  async #send(): Promise<void> {
    this.#isSending = true;
    const turns = processWide("turns", "reports", newTurns);
    const user = budgetUser(this.#deps.storeId, this.#record.userId);
    while (this.#latest) {
      const end = await turns.take(user, 1).catch(() => undefined);
      const progress = this.#latest;
      this.#latest = undefined;
      if (!end) continue;
      const next = pause(reportIntervalMs, undefined, { ref: false });
      await this.#publish(progress).catch(() => undefined);
      await next;
      end();
    }
    this.#isSending = false;
  }

  #publish(progress: CallProgress): Promise<void> {
    const { eventLog, sessions } = this.#deps;
    const { userId, sessionId, serverId } = this.#record;
    const at = new Date(sessions.now()).toISOString();
    return eventLog.publish(userId, {
      type: "call_progress",
      ...{ sessionId, serverId, at, callId: this.#callId, ...progress },
    });
  }
}

const newTurns = () => new Turns({ perKey: callsPerInterval, inAll: Infinity }, { maxWaitMs });
