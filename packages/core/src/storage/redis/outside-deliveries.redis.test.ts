import { eventually } from "@mcp-assistant/testing/eventually";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { expect, onTestFinished, test } from "vitest";
import { Delivery } from "../../budgets/delivery.js";
import { progress, someRecord, someUser } from "../../samples.fixture.js";
import { RedisDriver } from "./driver.js";

test("what a connection to Redis reports belongs to no answer, even if one opened the connection", async () => {
  const redis = await startRedis();
  const driver = new RedisDriver(redis.url);
  onTestFinished(async () => {
    await driver.close();
    await redis.stop();
  });
  const [user, delivery] = [someUser(), new Delivery()];
  const seen: unknown[][] = [];
  const listener = {
    row: () => seen.push(["row", Delivery.current()]),
    interrupted: () => seen.push(["interrupted", Delivery.current()]),
  };
  await delivery.run(() => driver.subscribe(user, listener));
  const say = () =>
    driver.commit({ partition: { user }, events: [JSON.stringify(progress(someRecord({ userId: user }), "hello"))] });
  await say();
  expect(await eventually(() => seen.length === 1)).toBe(true);
  // After a restart, timers of ioredis have opened the connection again.
  await redis.restart();
  expect(await eventually(() => seen.length >= 2, { timeout: 10_000 })).toBe(true);
  expect(seen[0]).toEqual(["row", undefined]);
  expect(seen[1]).toEqual(["interrupted", undefined]);
});
