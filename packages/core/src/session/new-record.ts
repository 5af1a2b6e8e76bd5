import type { TransportType } from "@mcp-assistant/protocol";
import { createSessionId } from "./session-id.js";
import type { SessionRecord } from "./session-record.js";

/** What a session is created from; everything else starts empty. `now`: ms since the epoch, by the store's clock. */
export interface NewSession extends Pick<SessionRecord, "userId" | "serverId" | "serverName" | "serverUrl"> {
  callbackUrl: string;
  transportType: TransportType;
  work: SessionRecord["work"];
  now: number;
  /** By default a new one. */
  sessionId?: string | undefined;
}

/** The record of a session that is about to be connected for the first time. */
export function newRecord({ now, sessionId, ...given }: NewSession): SessionRecord {
  return {
    v: 1,
    format: 1,
    sessionId: sessionId ?? createSessionId(given.userId, given.serverId),
    ...given,
    active: true,
    state: "CONNECTING",
    createdAt: now,
    stateSince: now,
    connectedAt: null,
    flow: null,
    attempts: [],
    challenge: null,
    headers: null,
    stepUps: 0,
    era: null,
    serverInfo: null,
    protocolVersion: null,
    capabilities: null,
    tools: null,
    error: null,
    reason: null,
    signedIn: false,
  };
}
