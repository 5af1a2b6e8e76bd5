import { setTimeout as pause } from "node:timers/promises";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { expect, onTestFinished, test, vi } from "vitest";
import { messageOf, progress, roomy, someRecord, someUser } from "../../samples.fixture.js";
import { openStorage, type Storage } from "../storage.js";
import { refusesAll, troubledStorage, waysOf, worksSoon } from "./faults.fixture.js";

const everyWay = (storage: Storage) => {
  const { writes, reads } = waysOf(storage);
  return [...writes, ...reads];
};

/** A user's ears, and how often they were told that they may have missed something. */
async function listening(storage: Storage, userId = someUser()) {
  const heard: string[] = [];
  const interrupted = vi.fn();
  await storage.log.listen(userId, { entry: (entry) => heard.push(messageOf(entry)), interrupted });
  const say = async (message: string) => {
    const record = someRecord({ userId, serverId: message });
    await storage.sessions.create(record, [progress(record, message)], roomy);
  };
  return { heard, interrupted, say };
}

test("a Redis that is killed is told within a second by everything, and used again soon after its return", async () => {
  const { redis, storage, told } = await troubledStorage();
  const { heard, interrupted, say } = await listening(storage);
  for (let round = 0; round < 2; round++) {
    await redis.kill();
    await refusesAll(everyWay(storage));
    await pause(1_500);
    await refusesAll(everyWay(storage));
    await redis.restart();
    await worksSoon(storage);
    await vi.waitFor(() => expect(interrupted).toHaveBeenCalledTimes(round + 1), 3_000);
    await say(`round-${round}`);
    await vi.waitFor(() => expect(heard).toContain(`round-${round}`));
  }
  expect(told.filter(({ message }) => message === "Redis cannot be reached").length).toBeLessThanOrEqual(4);
  expect(JSON.stringify(told)).not.toContain(String(redis.port));
});

test("a Redis that is not there from the start is told, and used when it comes", async () => {
  const first = await startRedis();
  await first.stop();
  const storage = openStorage(first.url, { sessionTtl: 60, encryptionKeys: "none", logger: () => undefined });
  onTestFinished(storage.close);
  await refusesAll([...everyWay(storage), ["sessions.time", () => storage.sessions.time()]]);
  const late = await startRedis({ port: first.port });
  onTestFinished(late.stop);
  await worksSoon(storage);
});

test("a Redis that hangs with its connections open is told within a second by everything, and used again when it goes on", async () => {
  const { redis, storage } = await troubledStorage();
  const { heard, say } = await listening(storage);
  process.kill(redis.pid, "SIGSTOP");
  onTestFinished(() => void process.kill(redis.pid, "SIGCONT"));
  // For longer than a line may be silent: it is given up, and a new one hangs, too.
  for (let round = 0; round < 3; round++) await refusesAll(everyWay(storage));
  process.kill(redis.pid, "SIGCONT");
  await worksSoon(storage);
  await say("later");
  await vi.waitFor(() => expect(heard).toContain("later"), 3_000);
});

test("a Redis that hangs for a moment costs nothing but that moment", async () => {
  const { redis, storage, record } = await troubledStorage();
  process.kill(redis.pid, "SIGSTOP");
  setTimeout(() => process.kill(redis.pid, "SIGCONT"), 300);
  expect((await storage.sessions.list(record.userId)).sessions).toEqual([record]);
});

test("a Redis that is loading what it kept is told within a second, and used when it is done", async () => {
  const slowly = ["--key-load-delay", "300"];
  const { redis, storage, raw, record } = await troubledStorage({ durable: true, args: slowly });
  const filling = raw.pipeline();
  for (let count = 0; count < 12_000; count++) filling.set(`filler:${count}`, "x".repeat(64));
  await filling.exec();
  await redis.kill();
  const back = redis.restart();
  // It answers by now, but with nothing but LOADING.
  await vi.waitFor(async () => expect(await raw.info("persistence")).toContain("loading:1"), 5_000);
  await refusesAll(everyWay(storage));
  expect(await raw.info("persistence")).toContain("loading:1");
  await back;
  await worksSoon(storage);
  expect((await storage.sessions.read(record.userId, record.sessionId))?.record).toEqual(record);
});

test("connections that are cut again and again cost no more than a repeat", async () => {
  const { storage, raw, record } = await troubledStorage();
  const { heard, say } = await listening(storage);
  for (let round = 0; round < 5; round++) {
    await raw.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    await expect
      .poll(() => storage.sessions.list(record.userId).catch(() => undefined), { timeout: 2_000 })
      .toBeDefined();
  }
  await say("after it");
  await vi.waitFor(() => expect(heard).toContain("after it"));
});
