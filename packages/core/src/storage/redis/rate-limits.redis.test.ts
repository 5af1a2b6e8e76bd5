import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, expect, inject, test, vi } from "vitest";
import { silentSettings, someUser } from "../../samples.fixture.js";
import { connectRedis } from "./connection.js";
import { RedisDriver } from "./driver.js";

const rates = new RedisDriver(inject("redisUrl"));
const { commands, keys, close } = connectRedis(inject("redisUrl"), silentSettings);

afterAll(async () => {
  close();
  await rates.close();
});
afterEach(() => void vi.useRealTimers());

const someCount = () => ({ user: someUser(), what: "calls", burst: 3, intervalMs: 1_000 });

test("a count is one key that lives until the bucket is full again and holds only a timestamp", async () => {
  const counted = someCount();
  const key = keys.rate(counted.user, "calls");
  await rates.take(counted);
  await rates.take(counted);
  const life = await commands.ask((redis) => redis.pttl(key));
  expect(life).toBeGreaterThan(1_000);
  expect(life).toBeLessThanOrEqual(2_000);
  expect(await commands.ask((redis) => redis.get(key))).toMatch(/^\d{16}$/);
  await expect.poll(() => commands.ask((redis) => redis.exists(key))).toBe(0);
});

test("a count that is given back completely leaves no key", async () => {
  const counted = someCount();
  await rates.take(counted);
  await rates.giveBack(counted);
  expect(await commands.ask((redis) => redis.exists(keys.rate(counted.user, "calls")))).toBe(0);
});

test("the store's clock counts, not the clock of the process", async () => {
  const counted = { ...someCount(), intervalMs: 3_600_000 };
  for (let count = 0; count < 3; count++) await rates.take(counted);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 7 * 3_600_000 });
  expect(await rates.take(counted)).toBeGreaterThan(3_500_000);
});

test("after the clock goes back, as in a failover, no wait is longer than one interval", async () => {
  const counted = someCount();
  const inAnHour = String((Date.now() + 3_600_000) * 1_000);
  await commands.ask((redis) => redis.set(keys.rate(counted.user, "calls"), inAnHour));
  expect(await rates.take(counted)).toBe(1_000);
  await pause(1_002);
  expect(await rates.take(counted)).toBe(0);
});

test("a lost count, as in a failover, starts again", async () => {
  const counted = someCount();
  for (let count = 0; count < 4; count++) await rates.take(counted);
  await commands.ask((redis) => redis.del(keys.rate(counted.user, "calls")));
  expect(await rates.take(counted)).toBe(0);
});

test.concurrent.each(["nan", "-nan", "inf", "-inf", "-1", "1e400", "no number"])(
  "a stored count of %s locks no user out",
  async (text) => {
    const counted = someCount();
    await commands.ask((redis) => redis.set(keys.rate(counted.user, "calls"), text));
    expect(await rates.take(counted)).toBeLessThanOrEqual(1_000);
    await pause(1_002);
    expect(await rates.take(counted)).toBe(0);
  },
);
