import { expect, test } from "vitest";
import { ServerClock } from "./server-clock.js";

const iso = (ms: number) => new Date(ms).toISOString();

test("the latest bound counts, and the time continues from there", () => {
  let monotonic = 1_000;
  const clock = new ServerClock(() => monotonic);
  clock.observe(iso(500_000));
  expect(clock.now()).toBe(500_000);
  monotonic = 3_000;
  expect(clock.now()).toBe(502_000);
  // A replayed event, which happened long before it arrived.
  clock.observe(iso(500_500));
  expect(clock.now()).toBe(502_000);
  // The computer slept, and the browser's monotonic clock stood still meanwhile.
  clock.observe(iso(900_000));
  expect(clock.now()).toBe(900_000);
});

test("before the first event it is the browser's own time", () => {
  expect(Math.abs(new ServerClock().now() - Date.now())).toBeLessThan(1_000);
});
