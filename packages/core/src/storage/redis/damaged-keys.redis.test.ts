import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { CredentialStore } from "../../credentials/credential-store.js";
import { reencrypt } from "../../credentials/reencrypt.js";
import { EventLog } from "../../events/event-log.js";
import { resolveLimits } from "../../limits.js";
import { Rates } from "../../rates/rates.js";
import {
  authUrl,
  messageOf,
  noSessionLimit,
  progress,
  ring,
  silentSettings,
  someCredentials,
  someRecord,
} from "../../samples.fixture.js";
import { Handshakes } from "../../server/handshakes.js";
import { SessionStore } from "../../session/session-store.js";
import { Sessions } from "../../session/sessions.js";
import { RedisDriver } from "./driver.js";
import { Keys } from "./keys.js";

const prefix = `damaged-${crypto.randomUUID()}:`;
const keys = new Keys({ prefix });
const raw = new Redis(inject("redisUrl"));
const driver = new RedisDriver({ host: raw.options.host ?? "", port: raw.options.port ?? 0, keyPrefix: prefix });

beforeAll(() => driver.open(silentSettings));
afterAll(async () => {
  await driver.close();
  raw.disconnect();
});

const types: [string, (key: string) => Promise<unknown>][] = [
  ["a hash", (key) => raw.hset(key, "a", "b")],
  ["a list", (key) => raw.rpush(key, "a")],
  ["a set", (key) => raw.sadd(key, "a")],
  ["a sorted set", (key) => raw.zadd(key, 1, "a")],
  ["a stream", (key) => raw.xadd(key, "*", "a", "b")],
  ["a text", (key) => raw.set(key, "a")],
];

/** A user with a session to damage and another one. */
async function someSessions() {
  const store = new SessionStore(driver, 60);
  const sessions = new Sessions({ store, authUrl, limit: 2 });
  const record = someRecord();
  const healthy = someRecord({ userId: record.userId, serverId: "mail" });
  const credentials = new CredentialStore(driver, { ring, ttl: 60 }).encode(record, someCredentials());
  for (const each of [record, healthy]) await store.create(each, [], { ...noSessionLimit, credentials });
  const { userId, sessionId, serverId } = record;
  const partition = { user: userId };
  const keyOf = {
    session: keys.value(partition, { kind: "session", id: sessionId }),
    credentials: keys.value(partition, { kind: "credentials", id: sessionId }),
    server: keys.value(partition, { kind: "server", id: serverId }),
    index: keys.index(userId, "session"),
    events: keys.events(userId),
    rate: keys.rate(userId, "connects"),
  };
  const replace = async (key: string, damage: (key: string) => Promise<unknown>) => {
    await raw.del(key);
    await damage(key);
  };
  return { store, sessions, record, healthy, keyOf, replace };
}

describe.each(types)("a key that holds %s", (_type, damage) => {
  test("in place of a record: it is listed as unreadable, spoils no list, and can be removed", async () => {
    const { sessions, record, healthy, keyOf, replace } = await someSessions();
    const { userId, sessionId } = record;
    await replace(keyOf.session, damage);
    const listed = await sessions.list(userId);
    expect(listed.unreadable).toEqual([sessionId]);
    expect(listed.sessions.map((each) => each.sessionId)).toEqual([healthy.sessionId]);
    await expect(sessions.read(userId, sessionId)).rejects.toMatchObject({ code: "SESSION_UNREADABLE" });
    await sessions.remove(userId, sessionId);
    expect(await sessions.list(userId)).toMatchObject({ unreadable: [], sessions: [{ sessionId: healthy.sessionId }] });
    expect(await raw.exists(keyOf.session, keyOf.credentials, keyOf.server)).toBe(0);
    const { created } = await sessions.create(someRecord({ userId }));
    expect(created).toBe(true);
  });

  test("in place of credentials: the record is listed, and can be signed out or removed", async () => {
    const { sessions, record, healthy, keyOf, replace } = await someSessions();
    const { userId, sessionId } = record;
    await replace(keyOf.credentials, damage);
    expect((await sessions.list(userId)).sessions).toHaveLength(2);
    await sessions.change(userId, sessionId, () => ({ state: "DISCONNECTED", signedIn: false, credentials: null }));
    expect(await raw.exists(keyOf.credentials)).toBe(0);
    await replace(keyOf.credentials, damage);
    await sessions.remove(userId, sessionId);
    expect((await sessions.list(userId)).sessions.map((each) => each.sessionId)).toEqual([healthy.sessionId]);
    expect(await raw.exists(keyOf.session, keyOf.credentials, keyOf.server)).toBe(0);
  });

  test("in place of the name of a server's session: it is replaced when the user connects again", async () => {
    const { sessions, record, keyOf, replace } = await someSessions();
    await replace(keyOf.server, damage);
    await sessions.remove(record.userId, record.sessionId);
    const again = someRecord({ userId: record.userId });
    expect(await sessions.create(again)).toMatchObject({ created: true });
    expect(await raw.get(keyOf.server)).toBe(again.sessionId);
  });
});

const notFor = (type: string) => types.filter(([name]) => name !== type);

test.each(notFor("a set"))(
  "an index that is %s counts as empty, and comes back as its sessions are used",
  async (_type, damage) => {
    const { sessions, record, keyOf, replace } = await someSessions();
    const { userId, sessionId } = record;
    await replace(keyOf.index, damage);
    expect(await sessions.list(userId)).toMatchObject({ sessions: [], unreadable: [] });
    expect(await sessions.read(userId, sessionId)).toMatchObject({ record: { sessionId } });
    expect((await sessions.list(userId)).sessions.map((each) => each.sessionId)).toEqual([sessionId]);
  },
);

test.each(notFor("a stream"))(
  "an event log that is %s counts as empty, and begins again with the next event",
  async (_type, damage) => {
    const { store, sessions, record, keyOf, replace } = await someSessions();
    await replace(keyOf.events, damage);
    const { tail } = await sessions.list(record.userId);
    const log = new EventLog(driver);
    expect((await log.read(record.userId, "1-0")).value).toBeUndefined();
    const next = { ...record, v: record.v + 1 };
    expect(
      await store.commit({ previous: record, next, events: [progress(record, "first"), progress(record, "next")] }),
    ).toBe(true);
    const rows = (await driver.readLog(record.userId, tail)) ?? [];
    expect(rows.map(({ previous }) => previous)).toEqual(["0-0", rows[0]?.id]);
    expect((await log.read(record.userId, rows[0]?.id ?? "")).value?.map(messageOf)).toEqual(["next"]);
  },
);

test.each(notFor("a text"))("a rate that is %s counts as unused", async (_type, damage) => {
  const { record, keyOf, replace } = await someSessions();
  await replace(keyOf.rate, damage);
  const rates = new Rates(driver, resolveLimits({ connectsPerMinute: 1 }));
  await rates.take(record.userId, "connects");
  await expect(rates.take(record.userId, "connects")).rejects.toMatchObject({ code: "RATE_LIMITED" });
});

test("the rotation of keys counts damaged keys as unreadable, and goes on", async () => {
  const own = `rotated-${crypto.randomUUID()}:`;
  const rotated = new RedisDriver({ host: raw.options.host ?? "", port: raw.options.port ?? 0, keyPrefix: own });
  rotated.open(silentSettings);
  const place = new Keys({ prefix: own });
  const id = "a".repeat(64);
  for (const kind of ["attempt", "registration"] as const)
    await raw.rpush(place.value({ shared: kind, id }, { kind, id }), "a");
  await raw.rpush(place.value({ user: "ada" }, { kind: "session", id: "ada" }), "a");
  const credentials = new CredentialStore(rotated, { ring, ttl: 60 });
  const handshakes = new Handshakes(rotated, ring);
  expect(await reencrypt({ driver: rotated, credentials, handshakes, ring })).toEqual({ current: 0, unreadable: 3 });
  await rotated.close();
});
