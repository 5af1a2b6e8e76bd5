import { setTimeout as pause } from "node:timers/promises";
import type { McpObservabilityEvent } from "@mcp-assistant/protocol";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { expect, onTestFinished, test, vi } from "vitest";
import { encryptionKeys, messageOf, noSessionLimit, progress, someRecord, someUser } from "../../samples.fixture.js";
import { openStorage, type Storage } from "../storage.js";
import { callsOf, expectAllToFail, expectToRecover, storageOnOwnRedis } from "./faults.fixture.js";

const everyCall = (storage: Storage) => {
  const { writes, reads } = callsOf(storage);
  return [...writes, ...reads];
};

/** A listener for a user: the messages it received, and a mock that counts its interruptions. */
async function listening(storage: Storage, userId = someUser()) {
  const heard: string[] = [];
  const interrupted = vi.fn();
  await storage.log.listen(userId, { entry: (entry) => heard.push(messageOf(entry)), interrupted });
  const say = async (message: string) => {
    const record = someRecord({ userId, serverId: message });
    await storage.sessions.create(record, [progress(record, message)], noSessionLimit);
  };
  return { heard, interrupted, say };
}

test("every call fails within a second after Redis is killed, and works again soon after its return", async () => {
  const { redis, storage, logged } = await storageOnOwnRedis();
  const { heard, interrupted, say } = await listening(storage);
  for (let round = 0; round < 2; round++) {
    await redis.kill();
    await expectAllToFail(everyCall(storage));
    await pause(1_500);
    await expectAllToFail(everyCall(storage));
    await redis.restart();
    await expectToRecover(storage);
    await vi.waitFor(() => expect(interrupted).toHaveBeenCalledTimes(round + 1));
    await say(`round-${round}`);
    await vi.waitFor(() => expect(heard).toContain(`round-${round}`));
  }
  expect(logged.filter(({ message }) => message === "Redis cannot be reached").length).toBeLessThanOrEqual(4);
});

test("every call fails if Redis is missing from the start, and works once it is there", async () => {
  const first = await startRedis();
  await first.stop();
  const storage = openStorage(first.url, { sessionTtl: 60, encryptionKeys: "none", logger: () => undefined });
  onTestFinished(storage.close);
  await expectAllToFail([...everyCall(storage), ["sessions.time", () => storage.sessions.time()]]);
  const late = await startRedis({ port: first.port });
  onTestFinished(late.stop);
  await expectToRecover(storage);
});

test("an outage is logged in one line, which says where Redis is and nothing secret", async () => {
  const { url, port, stop } = await startRedis();
  await stop();
  const logged: McpObservabilityEvent[] = [];
  const logger = (event: McpObservabilityEvent) => void logged.push(event);
  const withPassword = url.replace("//", "//ada:hunter2@");
  const storage = openStorage(withPassword, { sessionTtl: 60, encryptionKeys, logger });
  onTestFinished(storage.close);
  for (let round = 0; round < 2; round++) await expectAllToFail(everyCall(storage));
  expect(logged).toEqual([
    {
      level: "error",
      message: "Redis cannot be reached",
      at: expect.any(String),
      metadata: { "server.address": `127.0.0.1:${port}`, error: "ECONNREFUSED" },
    },
  ]);
});

test("every call fails within a second while Redis hangs with open connections, and works again when it resumes", async () => {
  const { redis, storage } = await storageOnOwnRedis();
  const { heard, say } = await listening(storage);
  process.kill(redis.pid, "SIGSTOP");
  onTestFinished(() => void process.kill(redis.pid, "SIGCONT"));
  // Longer than a connection may be silent: it is given up, and a new one hangs, too.
  for (let round = 0; round < 3; round++) await expectAllToFail(everyCall(storage));
  process.kill(redis.pid, "SIGCONT");
  await expectToRecover(storage);
  await say("later");
  await vi.waitFor(() => expect(heard).toContain("later"));
});

test("a call succeeds if Redis hangs only for a moment", async () => {
  const { redis, storage, record } = await storageOnOwnRedis();
  process.kill(redis.pid, "SIGSTOP");
  setTimeout(() => process.kill(redis.pid, "SIGCONT"), 300);
  expect((await storage.sessions.list(record.userId)).sessions).toEqual([record]);
});

test("every call fails within a second while Redis loads its data, and works once it has loaded", async () => {
  const slowLoading = ["--key-load-delay", "300"];
  const { redis, storage, raw, record } = await storageOnOwnRedis({ durable: true, args: slowLoading });
  const filling = raw.pipeline();
  for (let count = 0; count < 12_000; count++) filling.set(`filler:${count}`, "x".repeat(64));
  await filling.exec();
  await redis.kill();
  const back = redis.restart();
  // By now it answers, but only with LOADING.
  await vi.waitFor(async () => expect(await raw.info("persistence")).toContain("loading:1"));
  await expectAllToFail(everyCall(storage));
  expect(await raw.info("persistence")).toContain("loading:1");
  await back;
  await expectToRecover(storage);
  expect((await storage.sessions.read(record.userId, record.sessionId))?.record).toEqual(record);
});

test("after each of several cut connections, a retry is enough", async () => {
  const { storage, raw, record } = await storageOnOwnRedis();
  const { heard, say } = await listening(storage);
  for (let round = 0; round < 5; round++) {
    await raw.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    await expect.poll(() => storage.sessions.list(record.userId).catch(() => undefined)).toBeDefined();
  }
  await say("after it");
  await vi.waitFor(() => expect(heard).toContain("after it"));
});
