import { startRedis } from "@mcp-assistant/testkit/redis";
import { Redis } from "ioredis";
import { afterAll, expect, inject, test, vi } from "vitest";
import type { LogEntry } from "../../events/event-log.js";
import { messageOf, quietly, someUser } from "../../fixtures.contract.js";
import { append, eventLogContract } from "../contract/event-log.contract.js";
import { connectRedis } from "./connection.js";
import { RedisEventLog } from "./event-log.js";
import { RedisSessionStore } from "./session-store.js";

function open(url: string) {
  const connections = connectRedis(url, quietly);
  const sessions = new RedisSessionStore(connections, 60);
  return { log: new RedisEventLog(connections), sessions, close: connections.close };
}

const shared = open(inject("redisUrl"));

afterAll(() => shared.close());

eventLogContract("event logs in Redis", () => shared);

test("a listener whose connection was cut is told, and hears what comes later", async () => {
  const redis = await startRedis();
  const { log, sessions, close } = open(redis.url);
  const userId = someUser();
  const entries: LogEntry[] = [];
  const interrupted = vi.fn();
  await log.listen(userId, { entry: (entry) => entries.push(entry), interrupted });
  await append(sessions, userId, ["heard"]);
  await vi.waitFor(() => expect(entries.map(messageOf)).toEqual(["heard"]));

  const raw = new Redis(redis.url);
  expect(await raw.call("CLIENT", "KILL", "TYPE", "pubsub")).toBe(1);
  await append(sessions, userId, ["missed"]);
  await vi.waitFor(() => expect(interrupted).toHaveBeenCalledTimes(1), 3_000);
  expect((await log.read(userId, entries[0]?.id ?? ""))?.map(messageOf)).toEqual(["missed"]);

  await append(sessions, userId, ["later"]);
  await vi.waitFor(() => expect(entries.map(messageOf)).toEqual(["heard", "later"]));
  raw.disconnect();
  close();
  await redis.stop();
});

test("listening to a Redis that is away is refused within a second, and works when it is back", async () => {
  const first = await startRedis();
  const { log, sessions, close } = open(first.url);
  const listener = { entry: vi.fn(), interrupted: () => undefined };
  await log.listen(someUser(), listener);
  await first.kill();
  const asked = performance.now();
  await expect(log.listen(someUser(), listener)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  expect(performance.now() - asked).toBeLessThan(1_300);

  const second = await startRedis({ port: first.port });
  const userId = someUser();
  await vi.waitFor(() => log.listen(userId, listener), 5_000);
  await append(sessions, userId, ["later"]);
  await vi.waitFor(() => expect(listener.entry).toHaveBeenCalledTimes(1));
  close();
  await second.stop();
});

test("entries of another version in between are passed over", async () => {
  const { log, sessions } = shared;
  const userId = someUser();
  await append(sessions, userId, ["1"]);
  const raw = new Redis(inject("redisUrl"));
  const key = `mcp:user:${userId}:events`;
  const first = (await sessions.list(userId)).tail;
  await raw.xadd(key, "*", "p", first, "e", '{"type":"of_tomorrow"}');
  await append(sessions, userId, ["2"]);
  expect((await log.read(userId, first))?.map(messageOf)).toEqual(["2"]);
  raw.disconnect();
});
