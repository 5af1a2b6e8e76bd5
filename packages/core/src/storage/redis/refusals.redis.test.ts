import { setTimeout as pause } from "node:timers/promises";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { encryptionKeys, progress, someRecord } from "../../samples.fixture.js";
import { sharedValue } from "../../values/stored-value.js";
import { openStorage } from "../storage.js";
import { callsOf, expectAllToFail, expectToRecover, storageOnOwnRedis } from "./faults.fixture.js";

const infoOf = async (raw: Redis, name: string) =>
  Number(new RegExp(`^${name}:(\\d+)`, "m").exec(await raw.info())?.[1]);

test("every call sends its script again if Redis has lost it", async () => {
  const { storage, raw } = await storageOnOwnRedis();
  const { writes, reads } = callsOf(storage);
  for (const [name, call] of [...writes, ...reads]) {
    await raw.script("FLUSH");
    await expect(call(), name).resolves.not.toThrow();
  }
});

test("a full Redis refuses writes that need memory, answers reads, and works again when there is memory", async () => {
  const { storage, raw, record, logged } = await storageOnOwnRedis();
  const { sessions } = storage;
  const [list, other] = [
    sharedValue(storage.driver, "tool-list", "abc"),
    sharedValue(storage.driver, "tool-list", "def"),
  ];
  await list.write("[]", 60);
  await raw.config("SET", "maxmemory", "1");
  const next = { ...record, v: 2 };
  const full = { code: "STORE_UNAVAILABLE", message: expect.stringContaining("full"), retryable: true };
  for (const write of [
    () => sessions.create(someRecord(), [], { limit: 50 }),
    () => sessions.commit({ previous: record, next, events: [progress(next, "lost")], credentials: "sealed" }),
    () => other.write("[]", 60),
    () => list.replace("[", "[1]"),
  ]) {
    await expect(write()).rejects.toMatchObject(full);
  }

  expect(await sessions.read(record.userId, record.sessionId)).toMatchObject({ record, credentials: undefined });
  expect((await sessions.list(record.userId)).sessions).toEqual([record]);
  expect(await list.read(60)).toBe("[]");
  expect(logged.filter(({ metadata }) => metadata?.error === "OOM")).toHaveLength(1);

  await raw.config("SET", "maxmemory", "0");
  expect(await sessions.commit({ previous: record, next, events: [] })).toBe(true);
  await expectToRecover(storage);
});

test("sessions can be renewed by a read, and removed, while Redis is full", async () => {
  const { storage, raw, record } = await storageOnOwnRedis();
  const key = `mcp:session:${record.sessionId}`;
  await raw.config("SET", "maxmemory", "1");
  await raw.expire(key, 100);
  await storage.sessions.read(record.userId, record.sessionId);
  expect(await raw.ttl(key)).toBeGreaterThan(500);
  expect(await storage.sessions.remove(record, [])).toBe(true);
  expect(await raw.exists(key)).toBe(0);
});

test("a master that becomes a replica refuses writes in time with a typed error, and accepts them when it is master again", async () => {
  const { storage, raw, redis, logged } = await storageOnOwnRedis();
  const { writes } = callsOf(storage);
  await raw.config("SET", "repl-diskless-sync-delay", "0");
  const master = await startRedis({ args: ["--repl-diskless-sync-delay", "0"] });
  onTestFinished(master.stop);
  await raw.replicaof("127.0.0.1", master.port);
  await expect.poll(() => raw.info("replication")).toContain("master_link_status:up");
  await expectAllToFail(writes.filter(([name]) => name === "sessions.create" || name === "a value is written"));
  await expectAllToFail(writes.filter(([name]) => name === "sessions.create" || name === "a value is written"));

  // Abandoned commands are not retried forever in the background.
  const before = await infoOf(raw, "total_connections_received");
  await pause(2_000);
  expect((await infoOf(raw, "total_connections_received")) - before).toBeLessThan(10);

  await raw.replicaof("NO", "ONE");
  await expectToRecover(storage);
  const reported = logged.filter(({ metadata }) => metadata?.error === "READONLY");
  expect(reported).toMatchObject([{ metadata: { "server.address": `127.0.0.1:${redis.port}` } }]);
});

test("a durable write succeeds only once as many replicas have it as the app requires", async () => {
  const master = await startRedis({ args: ["--repl-diskless-sync-delay", "0"] });
  const logger = () => undefined;
  const storage = openStorage(master.url, { sessionTtl: 60, encryptionKeys, waitForReplicas: 1, logger });
  const raw = new Redis(master.url);
  onTestFinished(async () => {
    await storage.close();
    raw.disconnect();
    await master.stop();
  });
  const { sessions } = storage;
  const list = sharedValue(storage.driver, "tool-list", "abc");
  const previous = someRecord();
  const next = { ...previous, v: 2 };
  // Writes of replaceable data do not wait for replicas.
  expect(await sessions.create(previous, [], { limit: 50 })).toEqual({ created: true });
  await list.write("[]", 60);
  const durable = () => list.replace("[", "[1]");
  const { writes } = callsOf(storage);
  await expectAllToFail([
    ["a value is replaced", durable],
    ...writes.filter(([name]) => name === "sessions.commit with credentials"),
  ]);

  const replica = await startRedis({ args: ["--replicaof", "127.0.0.1", String(master.port)] });
  onTestFinished(replica.stop);
  await expect.poll(() => raw.info("replication")).toContain("state=online");
  // An online replica has the data, but may take a moment to acknowledge it.
  await expect.poll(() => durable().catch(() => false)).toBe(true);
  await raw.script("FLUSH");
  expect(await durable()).toBe(true);
  expect(await sessions.commit({ previous, next, events: [], credentials: "sealed" })).toBe(true);
  const copy = new Redis(replica.url);
  onTestFinished(() => copy.disconnect());
  expect(await copy.get(`mcp:credentials:${previous.sessionId}`)).toBe("sealed");
  expect(await durable()).toBe(true);
});
