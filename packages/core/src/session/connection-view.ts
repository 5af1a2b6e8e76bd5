import type { Connection } from "@mcp-assistant/protocol";
import type { SessionRecord } from "./session-record.js";

const iso = (ms: number) => new Date(ms).toISOString();

/** The part of a record that its user may see. `authUrl` makes our sign-in page's address from a session id. */
export function toConnection(record: SessionRecord, authUrl: (sessionId: string) => string): Connection {
  const { sessionId, serverId, serverName, serverUrl, transportType, active, state, v, era, error, reason } = record;
  return {
    sessionId,
    serverId,
    serverName,
    serverUrl,
    transportType,
    active,
    state,
    v,
    createdAt: iso(record.createdAt),
    stateSince: iso(record.stateSince),
    until: record.work ? iso(record.work.until) : null,
    era,
    toolCount: record.tools?.count ?? null,
    error,
    reason,
    authUrl: wantsSignIn(record) ? authUrl(sessionId) : null,
  };
}

function wantsSignIn({ state, error }: SessionRecord): boolean {
  return state === "AUTHENTICATING" || (state === "FAILED" && error?.code === "AUTHORIZATION_REQUIRED");
}
