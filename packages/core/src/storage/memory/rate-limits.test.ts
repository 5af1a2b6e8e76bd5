import { afterEach, expect, test, vi } from "vitest";
import { rateLimitsContract } from "../contract/rate-limits.contract.js";
import { MemoryRateLimits } from "./rate-limits.js";
import { MemoryValueStore } from "./value-store.js";

rateLimitsContract("rates in memory", () => new MemoryRateLimits(new MemoryValueStore()));

afterEach(() => void vi.useRealTimers());

const counted = { userId: "ada", what: "calls", burst: 3, interval: 1_000 };

async function keysOf(values: MemoryValueStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of values.scan("mcp:rate:*")) keys.push(key);
  return keys;
}

test("a count is there until its bucket is full again, and not longer", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const values = new MemoryValueStore();
  const rates = new MemoryRateLimits(values);
  for (let user = 0; user < 2_500; user++) await rates.take({ ...counted, userId: `user-${user}` });
  expect(await keysOf(values)).toHaveLength(2_500);
  vi.setSystemTime(Date.now() + 999);
  expect(await keysOf(values)).toHaveLength(2_500);
  vi.setSystemTime(Date.now() + 1);
  expect(await keysOf(values)).toEqual([]);
});

test("what is given back to the last one leaves nothing", async () => {
  const values = new MemoryValueStore();
  const rates = new MemoryRateLimits(values);
  await rates.take(counted);
  await rates.giveBack(counted);
  expect(await keysOf(values)).toEqual([]);
});

test("a clock that goes back makes nobody wait longer than one interval", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const rates = new MemoryRateLimits(new MemoryValueStore());
  for (let count = 0; count < 3; count++) await rates.take(counted);
  vi.setSystemTime(Date.now() - 3_600_000);
  expect(await rates.take(counted)).toBe(1_000);
  vi.setSystemTime(Date.now() + 1_000);
  expect(await rates.take(counted)).toBe(0);
});
