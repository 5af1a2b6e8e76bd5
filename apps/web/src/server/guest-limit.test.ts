import { expect, test } from "vitest";
import { GuestLimit } from "./guest-limit";

const intervalMs = 300_000;

test("an address may be 20 guests at once, then one every five minutes", () => {
  const limit = new GuestLimit();
  const taken = (now: number) =>
    Array.from({ length: 30 }, () => limit.take("203.0.113.7", now)).filter((ms) => ms === 0);
  expect(taken(1_000)).toHaveLength(20);
  expect(limit.take("203.0.113.7", 1_000)).toBe(intervalMs);
  expect(limit.take("203.0.113.7", 1_000 + intervalMs - 1)).toBe(1);
  expect(taken(1_000 + intervalMs)).toHaveLength(1);
  expect(taken(1_000 + 100 * intervalMs)).toHaveLength(20);
});

test("addresses do not count for each other", () => {
  const limit = new GuestLimit();
  for (let guest = 0; guest < 25; guest += 1) limit.take("203.0.113.7", 0);
  expect(limit.take("203.0.113.8", 0)).toBe(0);
});

test("a refused visit does not count, so that asking again never makes the wait longer", () => {
  const limit = new GuestLimit();
  for (let guest = 0; guest < 20; guest += 1) limit.take("203.0.113.7", 0);
  for (let visit = 0; visit < 1_000; visit += 1) expect(limit.take("203.0.113.7", 0)).toBe(intervalMs);
});

test("a million addresses take no more memory than a fixed number, and the newest still count", () => {
  const limit = new GuestLimit();
  const before = process.memoryUsage().heapUsed;
  for (let address = 0; address < 1_000_000; address += 1) limit.take(`address-${address}`, 0);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(200 * 2 ** 20);
  for (let guest = 0; guest < 19; guest += 1) expect(limit.take("address-999999", 0)).toBe(0);
  expect(limit.take("address-999999", 0)).toBeGreaterThan(0);
});
