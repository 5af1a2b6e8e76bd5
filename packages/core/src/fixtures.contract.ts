/// <reference types="@mcp-assistant/testkit/provided-context" />
import { randomUUID } from "node:crypto";
import type { LoggedEvent } from "@mcp-assistant/protocol";
import { attemptIdOf } from "./authorization/attempt.js";
import { type Credentials, newVersion } from "./credentials/credentials.js";
import { eventBase } from "./session/move.js";
import { createSessionId } from "./session/session-id.js";
import type { SessionRecord } from "./session/session-record.js";

/** The tests share one Redis: a user of one's own keeps them apart. */
export const someUser = () => `user-${randomUUID()}`;

export const authUrl = (sessionId: string) => `https://app.example/api/mcp/auth/start?session=${sessionId}`;

/** A session that rests: CONNECTED, without a lease. */
export function someRecord(changes: Partial<SessionRecord> = {}): SessionRecord {
  const userId = changes.userId ?? someUser();
  const serverId = changes.serverId ?? "notes";
  const now = Date.now();
  return {
    v: 1,
    format: 1,
    sessionId: createSessionId(userId, serverId),
    userId,
    serverId,
    serverName: "Notes",
    serverUrl: "https://notes.example/mcp",
    callbackUrl: "https://app.example/api/mcp/auth/callback",
    transportType: "auto",
    active: true,
    state: "CONNECTED",
    createdAt: now,
    stateSince: now,
    connectedAt: now,
    work: null,
    flow: null,
    challenge: null,
    era: "modern",
    tools: null,
    error: null,
    reason: null,
    ...changes,
  };
}

/** A session that somebody works on until `until` (ms since the epoch). */
export const somebodyWorks = (state: SessionRecord["state"], until = Date.now() + 20_000) => ({
  state,
  connectedAt: null,
  work: { owner: "somebody", until },
});

/** An event that carries nothing but a text to know it by. */
export const progress = (record: SessionRecord, message: string): LoggedEvent => ({
  type: "progress",
  ...eventBase(record, Date.now()),
  message,
});

export const messageOf = ({ event }: { event: LoggedEvent }) =>
  event.type === "progress" ? event.message : event.type;

/** A sign-in at an authorization server that offers the token endpoint `{url}/token`. */
export function someCredentials(changes: Partial<Credentials> = {}, url = "https://auth.example"): Credentials {
  return {
    tv: newVersion(),
    cv: newVersion(),
    flow: "flow",
    tokens: {
      accessToken: `access-${randomUUID()}`,
      refreshToken: `refresh-${randomUUID()}`,
      scope: "notes:read",
      issuedAt: Date.now(),
      expiresAt: Date.now() + 3_600_000,
    },
    client: { client_id: "our-client" },
    authorizationServer: {
      url,
      metadata: {
        issuer: url,
        authorization_endpoint: `${url}/auth`,
        token_endpoint: `${url}/token`,
        response_types_supported: ["code"],
      },
      resource: null,
    },
    ...changes,
  };
}

/** The attempt that a redirect to an authorization server, or its callback, belongs to. */
export const attemptOf = (url: string | URL) => attemptIdOf(new URL(url).searchParams.get("state") ?? "");
