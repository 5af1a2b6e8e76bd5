import { expect, onTestFinished, test, vi } from "vitest";
import { watchTimers } from "./watch.js";

test("only long timers of the test itself are watched, until they are cleared", async () => {
  onTestFinished(() => void vi.restoreAllMocks());
  const earlier = new Promise<NodeJS.Timeout>((resolve) => {
    setTimeout(() => resolve(setTimeout(() => undefined, 50_000)), 20);
  });
  const timers = watchTimers();
  const others = await earlier;
  expect(timers.running()).toEqual([]);
  const [short, own] = await new Promise<NodeJS.Timeout[]>((resolve) => {
    setTimeout(() => resolve([10_000, 50_000].map((ms) => setTimeout(() => undefined, ms))), 20);
  });
  expect(timers.running()).toEqual([50_000]);
  for (const timer of [others, short, own]) clearTimeout(timer);
  expect(timers.running()).toEqual([]);
});
