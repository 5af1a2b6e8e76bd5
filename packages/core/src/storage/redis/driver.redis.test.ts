import { Redis } from "ioredis";
import { afterAll, expect, inject, test } from "vitest";
import { credentialsHead, decodeCredentials, encodeCredentials } from "../../credentials/credentials.js";
import {
  noSessionLimit,
  progress,
  revealed,
  ring,
  someCredentials,
  someRecord,
  someUser,
} from "../../samples.fixture.js";
import { SessionStore } from "../../session/session-store.js";
import { storageContract } from "../contract/storage.contract.js";
import { RedisDriver } from "./driver.js";

const day = 43_200;
const raw = new Redis(inject("redisUrl"));
const driver = new RedisDriver(inject("redisUrl"));
const open = (ttl: number) => new SessionStore(driver, ttl);

afterAll(async () => {
  await driver.close();
  raw.disconnect();
});

storageContract("Redis", () => driver);

/** A session with credentials and an event, and all its keys. */
async function someStored() {
  const created = someRecord();
  const { userId, sessionId, serverId } = created;
  const record = { ...created, v: 2 };
  const credentials = someCredentials();
  const sealed = encodeCredentials(credentials, created, ring);
  await open(day).create(created, [progress(created, "created")], noSessionLimit);
  const events = [progress(record, "signed in")];
  const toolList = { text: "a list of tools", maxBytes: 1_000 };
  await open(day).commit({ previous: created, next: record, events, credentials: sealed, toolList });
  const keys = {
    tools: `mcp:tools:${sessionId}`,
    record: `mcp:session:${sessionId}`,
    credentials: `mcp:credentials:${sessionId}`,
    index: `mcp:user:${userId}:sessions`,
    pointer: `mcp:user:${userId}:server:${serverId}`,
    events: `mcp:user:${userId}:events`,
  };
  return { record, credentials, keys };
}

test("a session is stored under the documented keys, with its version first and no tokens in clear text", async () => {
  const { record, credentials, keys } = await someStored();
  const text = (await raw.get(keys.record)) ?? "";
  expect(text.startsWith('{"v":2,')).toBe(true);
  expect(await raw.smembers(keys.index)).toEqual([record.sessionId]);
  expect(await raw.get(keys.pointer)).toBe(record.sessionId);
  const sealed = (await raw.get(keys.credentials)) ?? "";
  expect(sealed.startsWith(credentialsHead(credentials))).toBe(true);
  expect(revealed(decodeCredentials(sealed, record, ring).credentials)).toEqual(revealed(credentials));
  const events = JSON.stringify(await raw.xrange(keys.events, "-", "+"));
  const { accessToken, refreshToken } = credentials.signIn.tokens;
  for (const secret of [accessToken.reveal(), refreshToken?.reveal() ?? ""]) {
    for (const kept of [text, sealed, events]) expect(kept).not.toContain(secret);
  }
});

test("a user id is percent-encoded in every key", async () => {
  const tag = someUser();
  const userId = `{a} b:c%*/ü${tag}`;
  const record = someRecord({ userId });
  await open(day).create(record, [progress(record, "created")], noSessionLimit);
  const keys = (await raw.keys(`*${tag}*`)).sort();
  const user = `mcp:user:%7Ba%7D%20b%3Ac%25*%2F%C3%BC${tag}`;
  expect(keys).toEqual([`${user}:events`, `${user}:server:notes`, `${user}:sessions`]);
});

test("sessions live for 12 hours after their last write, the log for half an hour", async () => {
  const { keys } = await someStored();
  for (const key of [keys.record, keys.credentials, keys.tools, keys.index, keys.pointer]) {
    expect(await raw.ttl(key)).toBeGreaterThan(day - 10);
    expect(await raw.ttl(key)).toBeLessThanOrEqual(day);
  }
  expect(await raw.ttl(keys.events)).toBeGreaterThan(1_790);
  expect(await raw.ttl(keys.events)).toBeLessThanOrEqual(1_800);
});

test("a read renews all keys of a session only when less than 90 % of its lifetime is left", async () => {
  const { record, keys } = await someStored();
  const living = [keys.record, keys.credentials, keys.tools, keys.index, keys.pointer];
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

test("a list removes expired sessions from the index", async () => {
  const { record, keys } = await someStored();
  await raw.del(keys.record);
  expect((await open(day).list(record.userId)).sessions).toEqual([]);
  expect(await raw.exists(keys.index)).toBe(0);
});

test("a removed session leaves only the log", async () => {
  const { record, keys } = await someStored();
  await open(day).remove(record, [progress(record, "removed")]);
  expect(await raw.exists(keys.record, keys.credentials, keys.tools, keys.index, keys.pointer)).toBe(0);
  expect(await raw.exists(keys.events)).toBe(1);
});

test("scripts that Redis has lost are sent again", async () => {
  const { record } = await someStored();
  for (const call of [
    () => open(day).read(record.userId, record.sessionId),
    () => open(day).list(record.userId),
    () => open(day).create(someRecord(), [], noSessionLimit),
    () => open(day).commit({ previous: record, next: { ...record, v: 3 }, events: [] }),
    () => open(day).remove({ ...record, v: 3 }, []),
  ]) {
    await raw.script("FLUSH");
    expect(await call()).toBeTruthy();
  }
});

test("a lost index is rebuilt as its sessions are used, and lives as long as they do", async () => {
  const { record, keys } = await someStored();
  const other = someRecord({ userId: record.userId, serverId: "mail" });
  await open(day).create(other, [], noSessionLimit);
  await raw.del(keys.index);
  expect((await open(day).list(record.userId)).sessions).toEqual([]);
  await open(day).read(someUser(), record.sessionId);
  expect(await raw.exists(keys.index)).toBe(0);
  expect((await open(day).read(record.userId, record.sessionId))?.record).toEqual(record);
  expect(await raw.smembers(keys.index)).toEqual([record.sessionId]);
  expect(await raw.ttl(keys.index)).toBeGreaterThan(day - 10);
  await open(day).commit({ previous: other, next: { ...other, v: 2 }, events: [] });
  expect((await open(day).list(record.userId)).sessions).toHaveLength(2);
});
