import { setTimeout as pause } from "node:timers/promises";
import type { CallProgress } from "@mcp-assistant/protocol";
import type { SessionRecord } from "../session/session-record.js";
import type { ClientDeps } from "./client-deps.js";

/** The minimum time (ms) between two reports of the same call. */
const reportIntervalMs = 250;

/**
 * Reports the progress of a call to the open streams of its user, in all processes: the latest, and not too often. A
 * report that fails is lost, and the call goes on.
 */
export class CallReports {
  readonly #deps: Pick<ClientDeps, "eventLog" | "sessions">;
  readonly #record: SessionRecord;
  readonly #callId: string;
  #latest: CallProgress | undefined;
  #isSending = false;

  constructor(deps: Pick<ClientDeps, "eventLog" | "sessions">, record: SessionRecord, callId: string) {
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
    for (let progress = this.#latest; progress; progress = this.#latest) {
      this.#latest = undefined;
      const next = pause(reportIntervalMs, undefined, { ref: false });
      await this.#publish(progress).catch(() => undefined);
      await next;
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
