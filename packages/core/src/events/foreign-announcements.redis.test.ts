import { beginning } from "@mcp-assistant/protocol";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { channelIn, messageOf, progress, someRecord, someUser } from "../samples.fixture.js";
import { RedisDriver } from "../storage/redis/driver.js";
import { EventHub } from "./event-hub.js";
import { EventLog } from "./event-log.js";

async function open() {
  const own = await startRedis();
  const [redis, driver] = [new Redis(own.url), new RedisDriver(own.url)];
  onTestFinished(async () => {
    redis.disconnect();
    await driver.close();
    await own.stop();
  });
  const userId = someUser();
  const log = `mcp:user:${userId}:events`;
  const event = (text: string) => JSON.stringify(progress(someRecord({ userId }), text));
  const got: string[] = [];
  const events = new EventLog(driver);
  const hub = new EventHub(events);
  await hub.attach(userId, {
    entry: (entry) => got.push(messageOf(entry)),
    reset: () => got.push("reset"),
    missed: async (after) => (await events.read(userId, after)).value,
    end: () => undefined,
  });
  hub.begin(userId, beginning);
  const channel = await channelIn(redis, userId);
  let previous = "0-0";
  const append = async (text: string) => {
    const id = String(await redis.xadd(log, "*", "p", previous, "e", event(text)));
    await redis.publish(channel, `${id} ${previous} ${event(text)}`);
    previous = id;
    return id;
  };
  const reads = async () => Number(/cmdstat_xrange:calls=(\d+)/.exec(await redis.info("commandstats"))?.[1] ?? 0);
  return { redis, channel, event, got, append, reads };
}

test("malformed announcements on a channel do no harm", async () => {
  const { redis, channel, event, got, append } = await open();
  const noise = [
    "",
    " ",
    "foo bar",
    `foo bar ${event("x")}`,
    `1-1 bar ${event("x")}`,
    `foo 0-0 ${event("x")}`,
    "1-1 0-0 {",
  ];
  await append("first");
  for (const text of noise) await redis.publish(channel, text);
  await append("second");
  await expect.poll(() => got).toEqual(["first", "second"]);
});

test("an announced entry that is not in the log, as after a failover, is looked for only once", async () => {
  const { redis, channel, event, got, append, reads } = await open();
  const id = await append("kept");
  await expect.poll(() => got).toEqual(["kept"]);
  const time = Number.parseInt(id, 10);
  await redis.publish(channel, `${time}-99 ${time}-98 ${event("lost")}`);
  await expect.poll(reads).toBe(1);
  await append("after it");
  await expect.poll(() => got).toEqual(["kept", "after it"]);
  expect(await reads()).toBeLessThanOrEqual(2);
});
