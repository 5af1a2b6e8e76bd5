import { startRedis } from "@mcp-assistant/testkit/redis";
import { Redis } from "ioredis";
import { expect, onTestFinished, test, vi } from "vitest";
import { EventHub } from "../../events/event-hub.js";
import { EventLog } from "../../events/event-log.js";
import { channelIn, messageOf, progress, someRecord, someUser } from "../../samples.fixture.js";
import { RedisDriver } from "./driver.js";
import { StoreId } from "./store-id.js";

async function own() {
  const redis = await startRedis();
  const raw = new Redis(redis.url);
  onTestFinished(async () => {
    raw.disconnect();
    await redis.stop();
  });
  /** A process with an open stream of the user. */
  const process = async (userId: string) => {
    const driver = new RedisDriver(redis.url);
    onTestFinished(() => driver.close());
    const got: string[] = [];
    const log = new EventLog(driver);
    const hub = new EventHub(log);
    await hub.attach(userId, {
      entry: (entry) => got.push(messageOf(entry)),
      reset: () => got.push("reset"),
      missed: async (after) => (await log.read(userId, after)).value,
      end: () => undefined,
    });
    hub.begin(userId, "0-0");
    const say = (text: string) => driver.commit({ partition: { user: userId }, events: [eventOf(userId, text)] });
    return { got, say };
  };
  return { redis, raw, process };
}

const eventOf = (userId: string, text: string) => JSON.stringify(progress(someRecord({ userId }), text));

/** Store ids as processes have them, on one key. */
async function ids(url: string, count: number, database = 0) {
  return Array.from({ length: count }, () => {
    const redis = new Redis(url);
    onTestFinished(() => redis.disconnect());
    const changed = vi.fn();
    const commands = { ask: <T>(command: (redis: Redis) => Promise<T>) => command(redis) };
    return { id: new StoreId({ commands, key: "mcp:store", database, changed }), changed };
  });
}

test("50 processes that start at the same time find one id, which ends with the database, and lives for 30 days", async () => {
  const { redis, raw } = await own();
  const processes = await ids(redis.url, 50, 7);
  const found = new Set(await Promise.all(processes.map(({ id }) => id.current())));
  expect([...found]).toEqual([`@${await raw.get("mcp:store")}.7`]);
  expect([...found][0]).toMatch(/^@[\w-]{12}\.7$/);
  expect(await raw.ttl("mcp:store")).toBeGreaterThan(29 * 24 * 3_600);
});

test("after FLUSHALL, the first process that looks puts its id back, and no other has to change", async () => {
  const { redis, raw } = await own();
  const [one, other] = await ids(redis.url, 2);
  if (!one || !other) throw new Error("unreachable");
  const before = await one.id.current();
  await other.id.current();
  await raw.flushall();
  expect(await one.id.check()).toBe(before);
  expect(await other.id.check()).toBe(before);
  const [fresh] = await ids(redis.url, 1);
  expect(await fresh?.id.current()).toBe(before);
  expect(one.changed).not.toHaveBeenCalled();
});

test("a process that finds another id takes that one, and says so once", async () => {
  const { redis, raw } = await own();
  const [one] = await ids(redis.url, 1);
  const before = await one?.id.current();
  await raw.set("mcp:store", "abcdefgh");
  expect(await one?.id.check()).toBe("@abcdefgh.0");
  await one?.id.check();
  expect(one?.changed.mock.calls).toEqual([[before]]);
});

test("processes that no longer agree on the id meet again, and no stream misses an event", async () => {
  const { raw, process } = await own();
  const userId = someUser();
  const first = await process(userId);
  await first.say("1");
  await vi.waitFor(() => expect(first.got).toEqual(["1"]));
  await raw.del("mcp:store");
  const second = await process(userId);
  await second.say("2");
  await vi.waitFor(() => expect(second.got).toEqual(["1", "2"]));
  expect(first.got).toEqual(["1"]);
  // A new connection makes a process look.
  await raw.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
  await vi.waitFor(() => expect(first.got).toEqual(["1", "2"]));
  await first.say("3");
  for (const { got } of [first, second]) await vi.waitFor(() => expect(got).toEqual(["1", "2", "3"]));
});

test("what another store announces on this channel is not delivered, even at the beginning of a log", async () => {
  const { raw, process } = await own();
  const userId = someUser();
  const { got, say } = await process(userId);
  const channel = await channelIn(raw, userId);
  const now = Date.now();
  await raw.publish(channel, `${now}-0 0-0 ${eventOf(userId, "foreign, and the first")}`);
  await say("own");
  await raw.publish(channel, `${now + 60_000}-1 ${now + 60_000}-0 ${eventOf(userId, "foreign, behind a gap")}`);
  await say("own, too");
  await vi.waitFor(() => expect(got).toEqual(["own", "own, too"]));
});

test("an entry of a process of the version before arrives with the next one: that process announces it elsewhere", async () => {
  const { raw, process } = await own();
  const userId = someUser();
  const log = `mcp:user:${userId}:events`;
  const { got, say } = await process(userId);
  await say("new");
  const [[previous] = [""]] = await raw.xrevrange(log, "+", "-", "COUNT", 1);
  const id = await raw.xadd(log, "*", "p", previous, "e", eventOf(userId, "old"));
  await raw.publish(log, `${id} ${previous} ${eventOf(userId, "old")}`);
  await say("new again");
  await vi.waitFor(() => expect(got).toEqual(["new", "old", "new again"]));
});
