import { expect, test } from "vitest";
import { ServerClock } from "./server-clock.js";

const iso = (ms: number) => new Date(ms).toISOString();

test("the best bound counts, and time goes on from there", () => {
  let monotonic = 1_000;
  const clock = new ServerClock(() => monotonic);
  clock.observe(iso(500_000));
  expect(clock.now()).toBe(500_000);
  monotonic = 3_000;
  expect(clock.now()).toBe(502_000);
  // Replayed after a cut: it happened long before it arrived.
  clock.observe(iso(500_500));
  expect(clock.now()).toBe(502_000);
  // The computer slept: the browser's monotonic clock stood still meanwhile.
  clock.observe(iso(900_000));
  expect(clock.now()).toBe(900_000);
});

test("before the first event it is the browser's own idea", () => {
  expect(Math.abs(new ServerClock().now() - Date.now())).toBeLessThan(1_000);
});
