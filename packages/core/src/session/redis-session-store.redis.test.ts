import { startRedis } from "@mcp-assistant/testkit/redis";
import { Redis } from "ioredis";
import { afterAll, expect, inject, test } from "vitest";
import { RedisEventLog } from "../events/redis-event-log.js";
import { progress, someCredentials, someRecord, someUser } from "../fixtures.contract.js";
import { connectRedis } from "../redis/connection.js";
import { RedisSessionStore } from "./redis-session-store.js";
import { sessionLifeContract } from "./session-life.contract.js";
import { type OpenStore, sessionStoreContract } from "./session-store.contract.js";

const day = 43_200;
const raw = new Redis(inject("redisUrl"));
const connections = connectRedis(inject("redisUrl"), () => undefined);
const log = new RedisEventLog(connections);
const open = (ttl: number) => new RedisSessionStore(connections.commands, ttl);

afterAll(() => {
  connections.close();
  raw.disconnect();
});

const openStore = (ttl: number): OpenStore => ({ store: open(ttl), log });

sessionStoreContract("sessions in Redis", openStore);
sessionLifeContract("lives of sessions in Redis", openStore);

/** A session with credentials and an event, and every key that belongs to it. */
async function someStored() {
  const created = someRecord();
  const { userId, sessionId, serverId } = created;
  const record = { ...created, v: 2 };
  const credentials = someCredentials();
  await open(day).create(created, [progress(created, "created")]);
  const events = [progress(record, "signed in")];
  await open(day).commit({ previous: created, next: record, events, credentials: JSON.stringify(credentials) });
  const keys = {
    record: `mcp:session:${sessionId}`,
    credentials: `mcp:credentials:${sessionId}`,
    index: `mcp:user:${userId}:sessions`,
    pointer: `mcp:user:${userId}:server:${serverId}`,
    events: `mcp:user:${userId}:events`,
  };
  return { record, credentials, keys };
}

test("a session stands under the documented keys, its version first, without its tokens", async () => {
  const { record, credentials, keys } = await someStored();
  const text = (await raw.get(keys.record)) ?? "";
  expect(text.startsWith('{"v":2,')).toBe(true);
  expect(await raw.smembers(keys.index)).toEqual([record.sessionId]);
  expect(await raw.get(keys.pointer)).toBe(record.sessionId);
  expect(await raw.get(keys.credentials)).toContain(credentials.tokens.accessToken);
  const events = JSON.stringify(await raw.xrange(keys.events, "-", "+"));
  for (const secret of [credentials.tokens.accessToken, credentials.tokens.refreshToken ?? ""]) {
    expect(text).not.toContain(secret);
    expect(events).not.toContain(secret);
  }
});

test("a user id is percent-encoded in every key", async () => {
  const tag = someUser();
  const userId = `{a} b:c%*/ü${tag}`;
  const record = someRecord({ userId });
  await open(day).create(record, [progress(record, "created")]);
  const keys = (await raw.keys(`*${tag}*`)).sort();
  const user = `mcp:user:%7Ba%7D%20b%3Ac%25*%2F%C3%BC${tag}`;
  expect(keys).toEqual([`${user}:events`, `${user}:server:notes`, `${user}:sessions`]);
});

test("sessions live 12 hours from their last write, the log half an hour", async () => {
  const { keys } = await someStored();
  for (const key of [keys.record, keys.credentials, keys.index, keys.pointer]) {
    expect(await raw.ttl(key)).toBeGreaterThan(day - 10);
    expect(await raw.ttl(key)).toBeLessThanOrEqual(day);
  }
  expect(await raw.ttl(keys.events)).toBeGreaterThan(1_790);
  expect(await raw.ttl(keys.events)).toBeLessThanOrEqual(1_800);
});

test("a read renews all that belongs to a session when less than 90 % of its life is left, and only then", async () => {
  const { record, keys } = await someStored();
  const living = [keys.record, keys.credentials, keys.index, keys.pointer];
  const read = async () => {
    await open(day).read(record.userId, record.sessionId);
    return Promise.all(living.map((key) => raw.ttl(key)));
  };
  for (const key of living) await raw.expire(key, Math.ceil(day * 0.95));
  for (const ttl of await read()) expect(ttl).toBeLessThanOrEqual(day * 0.95 + 1);
  for (const key of living) await raw.expire(key, Math.floor(day * 0.85));
  for (const ttl of await read()) expect(ttl).toBeGreaterThan(day - 10);
});

test("another user's read renews nothing", async () => {
  const { record, keys } = await someStored();
  await raw.expire(keys.record, 100);
  await open(day).read(someUser(), record.sessionId);
  expect(await raw.ttl(keys.record)).toBeLessThanOrEqual(100);
});

test("a list takes out of the index what has expired", async () => {
  const { record, keys } = await someStored();
  await raw.del(keys.record);
  expect((await open(day).list(record.userId)).sessions).toEqual([]);
  expect(await raw.exists(keys.index)).toBe(0);
});

test("a removed session leaves no key but the log", async () => {
  const { record, keys } = await someStored();
  await open(day).remove(record, [progress(record, "removed")]);
  expect(await raw.exists(keys.record, keys.credentials, keys.index, keys.pointer)).toBe(0);
  expect(await raw.exists(keys.events)).toBe(1);
});

test("a Redis that has forgotten the scripts is given them again", async () => {
  const { record } = await someStored();
  for (const call of [
    () => open(day).read(record.userId, record.sessionId),
    () => open(day).list(record.userId),
    () => open(day).create(someRecord(), []),
    () => open(day).commit({ previous: record, next: { ...record, v: 3 }, events: [] }),
    () => open(day).remove({ ...record, v: 3 }, []),
  ]) {
    await raw.script("FLUSH");
    expect(await call()).toBeTruthy();
  }
});

test.each(["not JSON", "{}", '{"v":1,"format":2}'])(
  "the record %j is told as unreadable, beside the others",
  async (text) => {
    const { record, keys } = await someStored();
    const healthy = someRecord({ userId: record.userId, serverId: "mail" });
    await open(day).create(healthy, []);
    await raw.set(keys.record, text);
    await expect(open(day).read(record.userId, record.sessionId)).rejects.toMatchObject({
      code: "SESSION_UNREADABLE",
      message: expect.stringContaining(record.sessionId),
    });
    expect(await open(day).list(record.userId)).toMatchObject({
      sessions: [healthy],
      unreadable: [record.sessionId],
    });
  },
);

test("a killed Redis is told within a second, and used again within two of its return", async () => {
  const first = await startRedis();
  const { commands, close } = connectRedis(first.url, () => undefined);
  const store = new RedisSessionStore(commands, day);
  const record = someRecord();
  await store.create(record, []);
  await first.kill();

  for (const call of [() => store.list(record.userId), () => store.read(record.userId, record.sessionId)]) {
    const asked = performance.now();
    await expect(call()).rejects.toMatchObject({ code: "STORE_UNAVAILABLE", retryable: true });
    expect(performance.now() - asked).toBeLessThan(1_300);
  }
  await expect(store.create(someRecord(), [])).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });

  const second = await startRedis({ port: first.port });
  const back = performance.now();
  await expect.poll(() => store.list(record.userId).catch(() => undefined), { timeout: 5_000 }).toBeDefined();
  expect(performance.now() - back).toBeLessThan(2_000);
  close();
  await second.stop();
});
