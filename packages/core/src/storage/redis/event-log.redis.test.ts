import { startRedis } from "@mcp-assistant/testkit/redis";
import { Redis } from "ioredis";
import { afterAll, expect, inject, test, vi } from "vitest";
import { EventLog, type LogEntry } from "../../events/event-log.js";
import { messageOf, someUser, tailOf } from "../../samples.fixture.js";
import { append } from "../contract/event-log.contract.js";
import { RedisDriver } from "./driver.js";

function open(url: string) {
  const driver = new RedisDriver(url);
  return { driver, log: new EventLog(driver), close: () => driver.close() };
}

const shared = open(inject("redisUrl"));

afterAll(() => shared.close());

test("a listener is notified when its connection was cut, and receives later entries", async () => {
  const redis = await startRedis();
  const { driver, log, close } = open(redis.url);
  const userId = someUser();
  const entries: LogEntry[] = [];
  const interrupted = vi.fn();
  await log.listen(userId, { entry: (entry) => entries.push(entry), interrupted });
  await append(driver, userId, ["heard"]);
  await vi.waitFor(() => expect(entries.map(messageOf)).toEqual(["heard"]));

  const raw = new Redis(redis.url);
  expect(await raw.call("CLIENT", "KILL", "TYPE", "pubsub")).toBe(1);
  await append(driver, userId, ["missed"]);
  await vi.waitFor(() => expect(interrupted).toHaveBeenCalledTimes(1));
  expect((await log.read(userId, entries[0]?.id ?? "")).value?.map(messageOf)).toEqual(["missed"]);

  await append(driver, userId, ["later"]);
  await vi.waitFor(() => expect(entries.map(messageOf)).toEqual(["heard", "later"]));
  raw.disconnect();
  await close();
  await redis.stop();
});

test("listening fails within a second while Redis is away, and works when it is back", async () => {
  const first = await startRedis();
  const { driver, log, close } = open(first.url);
  const listener = { entry: vi.fn(), interrupted: () => undefined };
  await log.listen(someUser(), listener);
  await first.kill();
  const asked = performance.now();
  await expect(log.listen(someUser(), listener)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  expect(performance.now() - asked).toBeLessThan(1_300);

  const second = await startRedis({ port: first.port });
  const userId = someUser();
  await vi.waitFor(() => log.listen(userId, listener));
  await append(driver, userId, ["later"]);
  await vi.waitFor(() => expect(listener.entry).toHaveBeenCalledTimes(1));
  await close();
  await second.stop();
});

test("entries from another version are skipped", async () => {
  const { driver, log } = shared;
  const userId = someUser();
  await append(driver, userId, ["1"]);
  const raw = new Redis(inject("redisUrl"));
  const key = `mcp:user:${userId}:events`;
  const first = await tailOf(driver, userId);
  await raw.xadd(key, "*", "p", first, "e", '{"type":"of_tomorrow"}');
  await append(driver, userId, ["2"]);
  expect((await log.read(userId, first)).value?.map(messageOf)).toEqual(["2"]);
  raw.disconnect();
});
