/// <reference types="@mcp-assistant/testkit/provided-context" />
import { randomBytes, randomUUID } from "node:crypto";
import type { LoggedEvent, ToolInfo } from "@mcp-assistant/protocol";
import type { Redis } from "ioredis";
import { authenticationOf } from "./authorization/client/authentication.js";
import { attemptIdOf } from "./authorization/sign-in/attempt.js";
import { newVersion, type Owner, type SignedIn, type SignIn, type Tokens } from "./credentials/credentials.js";
import { KeyRing } from "./credentials/key-ring.js";
import { revealJson, Secret } from "./credentials/secret.js";
import { AddressPolicy } from "./outbound/address-policy.js";
import { createGuardedFetch, type GuardedFetchOptions } from "./outbound/guarded-fetch.js";
import { eventBase } from "./session/move.js";
import { newRecord } from "./session/new-record.js";
import type { SessionRecord } from "./session/session-record.js";
import { SessionStore } from "./session/session-store.js";
import type { DriverSettings, StorageDriver } from "./session/storage-driver.js";
import type { ToolLists } from "./tools/tool-lists.js";
import { StoredValue } from "./values/stored-value.js";

/** The tests share one Redis, so each uses its own user. */
export const someUser = () => `user-${randomUUID()}`;

/** A connection and its owner. */
export interface OwnSession {
  userId: string;
  sessionId: string;
}

/** The tests' encryption keys, for when one process reads what another wrote. */
export const encryptionKeys = `test:${Buffer.alloc(32, "sealing wax").toString("base64")}`;
export const ring = KeyRing.parse(encryptionKeys);

/** For a Redis without replicas, with logging turned off. */
export const silentSettings: DriverSettings = { log: () => undefined, waitForReplicas: 0 };

/** Rate limits for a test in which one user does in a second what others do in an hour. */
export const noRateLimits = {
  ...{ connectsPerMinute: 60_000, signInsPerMinute: 60_000, callsPerMinute: 60_000, streamsPerMinute: 60_000 },
  ...{ callsPerSession: 1_000, registrationsPerUser: 10_000 },
};

/** A guarded fetch for hosts on this machine. */
export const fetchFrom = (allowHosts: readonly string[], options: Partial<GuardedFetchOptions> = {}) =>
  createGuardedFetch({ policy: new AddressPolicy(allowHosts), log: () => undefined, timeout: 10_000, ...options });

/** For a `create` where the limit of sessions per user does not matter. */
export const noSessionLimit = { limit: 50 };

/** A value with its secrets revealed: `toEqual` cannot tell one `Secret` from another. */
export const revealed = (value: unknown): unknown => JSON.parse(revealJson(value));

export const authUrl = (sessionId: string) => `https://app.example/api/mcp/auth/start?session=${sessionId}`;

/** A session at rest: CONNECTED, without a lease. */
export function someRecord(changes: Partial<SessionRecord> = {}): SessionRecord {
  const now = Date.now();
  const fresh = newRecord({
    userId: changes.userId ?? someUser(),
    serverId: changes.serverId ?? "notes",
    serverName: "Notes",
    serverUrl: "https://notes.example/mcp",
    callbackUrl: "https://app.example/api/mcp/auth/callback",
    transportType: "auto",
    work: null,
    now,
  });
  return { ...fresh, state: "CONNECTED", connectedAt: now, era: "modern", ...changes };
}

/** The fields of a session that another process works on until `until` (ms since the epoch). */
export const workedOn = (state: SessionRecord["state"], until = Date.now() + 20_000) => ({
  state,
  connectedAt: null,
  work: { owner: "another process", until },
});

/** An event with nothing but a text to recognize it by. */
export const progress = (record: SessionRecord, message: string): LoggedEvent => ({
  type: "progress",
  ...eventBase(record, Date.now()),
  message,
});

export const messageOf = ({ event }: { event: LoggedEvent }) =>
  event.type === "progress" ? event.message : event.type;

/** A sign-in at an authorization server whose token endpoint is `{url}/token`. */
export function someSignIn(changes: Partial<SignIn> = {}, url = "https://auth.example"): SignIn {
  return {
    tokens: {
      accessToken: new Secret(`access-${randomUUID()}`),
      refreshToken: new Secret(`refresh-${randomUUID()}`),
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

/** Credentials with {@link someSignIn}. */
export function someCredentials(changes: Partial<SignedIn> = {}, url?: string): SignedIn {
  return { tv: newVersion(), cv: newVersion(), flow: "flow", signIn: someSignIn({}, url), headers: {}, ...changes };
}

/** The same sign-in with other tokens. */
export const withTokens = (signedIn: SignedIn, changes: Partial<Tokens>): SignedIn => ({
  ...signedIn,
  signIn: { ...signedIn.signIn, tokens: { ...signedIn.signIn.tokens, ...changes } },
});

/** A stand-in for the app's registrations that authenticates any client and registers none. */
export const registrations = { suspect: async () => undefined, widen: async () => undefined, authenticationOf };

/** An owner for credentials in a test without a session. */
export const someOwner = (changes: Partial<Owner> = {}): Owner => ({
  sessionId: "session",
  userId: "ada",
  serverUrl: "https://notes.example/mcp",
  ...changes,
});

/** The attempt that a redirect to an authorization server, or its callback, belongs to. */
export const attemptOf = (url: string | URL) => attemptIdOf(new URL(url).searchParams.get("state") ?? "");

/** A driver with some methods replaced by the test. */
export const withOverrides = (driver: StorageDriver, own: Partial<StorageDriver>): StorageDriver => ({
  name: driver.name,
  isDurable: driver.isDurable,
  read: (read) => driver.read(read),
  readPart: (part) => driver.readPart(part),
  list: (list) => driver.list(list),
  commit: (commit) => driver.commit(commit),
  take: (counted) => driver.take(counted),
  giveBack: (counted) => driver.giveBack(counted),
  readLog: (user, from, options) => driver.readLog(user, from, options),
  subscribe: (user, listener) => driver.subscribe(user, listener),
  time: () => driver.time(),
  scan: (kind) => driver.scan(kind),
  close: () => driver.close(),
  ...own,
});

type Whose = Pick<Owner, "userId" | "sessionId">;

/** Gives a stored session a list of tools, as a listing does. Returns its record as it then is. */
export async function storeTools(
  { store, lists }: { store: SessionStore; lists: ToolLists },
  record: SessionRecord,
  tools: readonly ToolInfo[],
): Promise<SessionRecord> {
  const { discovered, ...list } = await lists.discover(record, tools);
  const next = {
    ...record,
    v: record.v + 1,
    tools: { hash: discovered.hash, count: discovered.count, listedAt: null },
  };
  await store.commit({ previous: record, next, events: [], ...list });
  return next;
}

/** The stored record of a session, for a test to inspect or damage. */
export const storedRecord = (driver: StorageDriver, { userId, sessionId }: Whose) =>
  new StoredValue(driver, { user: userId }, { kind: "session", id: sessionId });

export const storedSignIn = (driver: StorageDriver, { userId, sessionId }: Whose) =>
  new StoredValue(driver, { user: userId }, { kind: "credentials", id: sessionId });

export const storedTools = (driver: StorageDriver, { userId, sessionId }: Whose) =>
  new StoredValue(driver, { user: userId }, { kind: "tools", id: sessionId });

/** The stored id of a user's session for a server. */
export const storedPointer = (
  driver: StorageDriver,
  { userId, serverId }: Pick<SessionRecord, "userId" | "serverId">,
) => new StoredValue(driver, { user: userId }, { kind: "server", id: serverId });

/** The newest id in a user's log. */
export const tailOf = async (driver: StorageDriver, userId: string) =>
  (await new SessionStore(driver, 60).list(userId)).tail;

/** The channel that announces the entries of a user's log in a Redis that a storage has used. */
export async function channelIn(redis: Redis, userId: string): Promise<string> {
  const { db = 0 } = redis.options;
  return `mcp:user:${encodeURIComponent(userId)}:events@${await redis.get("mcp:store")}.${db}`;
}

/** Key rings from before, during and after the replacement of one key by another. */
export function someRotation(): { before: KeyRing; during: KeyRing; after: KeyRing } {
  const [old, fresh] = [`old:${randomBytes(32).toString("base64")}`, `new:${randomBytes(32).toString("base64")}`];
  return { before: KeyRing.parse(old), during: KeyRing.parse(`${fresh},${old}`), after: KeyRing.parse(fresh) };
}
