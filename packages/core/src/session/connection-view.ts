import type { Connection } from "@mcp-assistant/protocol";
import { SessionUnreadableError } from "../errors.js";
import { serverIdOf } from "./session-id.js";
import type { SessionRecord } from "./session-record.js";
import type { ListedSessions } from "./session-store.js";

const iso = (ms: number) => new Date(ms).toISOString();

/** The part of a record that its user may see. `authUrl` returns the URL of our sign-in page for a session ID. */
export function toConnection(record: SessionRecord, authUrl: (sessionId: string) => string): Connection {
  const { sessionId, serverId, serverName, serverUrl, active, state, v, era, error, reason, signedIn } = record;
  return {
    sessionId,
    serverId,
    serverName,
    serverUrl,
    // Every connection that was ever made speaks Streamable HTTP, whatever the user asked to try first.
    transportType: record.connectedAt === null ? record.transportType : "streamable-http",
    active,
    state,
    v,
    createdAt: iso(record.createdAt),
    stateSince: iso(record.stateSince),
    until: record.work ? iso(record.work.until) : null,
    era,
    toolCount: record.tools?.count ?? null,
    toolsListedAt: record.tools?.listedAt == null ? null : iso(record.tools.listedAt),
    headerNames: record.headers?.names ?? [],
    error,
    reason,
    signedIn,
    authUrl: wantsSignIn(record) ? authUrl(sessionId) : null,
  };
}

/** All sessions of a user as the user sees them, including the unreadable ones. */
export function connectionsOf(
  { sessions, unreadable, now }: Pick<ListedSessions, "sessions" | "unreadable" | "now">,
  authUrl: (sessionId: string) => string,
): Connection[] {
  return [
    ...sessions.map((record) => toConnection(record, authUrl)),
    ...unreadable.map((sessionId) => unreadableConnection(sessionId, now)),
  ];
}

/** A session with an unreadable record, shown to the user so that they can remove it. `now` in ms since the epoch. */
function unreadableConnection(sessionId: string, now: number): Connection {
  const serverId = serverIdOf(sessionId);
  return {
    sessionId,
    serverId,
    serverName: serverId,
    serverUrl: "",
    transportType: "auto",
    active: false,
    state: "FAILED",
    v: 0,
    createdAt: iso(now),
    stateSince: iso(now),
    until: null,
    era: null,
    toolCount: null,
    toolsListedAt: null,
    headerNames: [],
    error: new SessionUnreadableError("record", sessionId).toJSON(),
    reason: null,
    signedIn: false,
    authUrl: null,
  };
}

/** Whether the session needs a sign-in. On a working connection, that is a sign-in for more scope. */
export function wantsSignIn({ state, error, challenge }: SessionRecord): boolean {
  if (state === "CONNECTED") return challenge !== null;
  if (state !== "FAILED" || !error) return state === "AUTHENTICATING";
  if (error.code === "SCOPE_REQUIRED") return challenge !== null;
  // The record can be read, so it is the stored sign-in that cannot.
  return error.code === "AUTHORIZATION_REQUIRED" || error.code === "SESSION_UNREADABLE";
}
