import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Debounced } from "./debounced.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a million wishes are one piece of work soon, and one in each interval", async () => {
  const debounced = new Debounced({ firstMs: 100, intervalMs: 1_000 });
  const [work, other] = [vi.fn(async () => 0), vi.fn(async () => 0)];
  for (let wish = 0; wish < 1_000_000; wish += 1) debounced.ask("a", work);
  debounced.ask("b", other);
  await vi.advanceTimersByTimeAsync(100);
  expect([work, other].map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
  for (let wish = 0; wish < 10; wish += 1) debounced.ask("a", work);
  await vi.advanceTimersByTimeAsync(999);
  expect(work).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(work).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(100_000);
  expect(work).toHaveBeenCalledTimes(2);
});

test("work that is asked for again meanwhile gets what the last one returned", async () => {
  const debounced = new Debounced({ firstMs: 100, intervalMs: 1_000 });
  const seen: number[] = [];
  const work = async (lastMs: number) => {
    seen.push(lastMs);
    return 2 * Math.max(lastMs, 1_000);
  };
  for (const ms of [100, 2_000, 4_000]) {
    debounced.ask("a", work);
    await vi.advanceTimersByTimeAsync(ms);
  }
  expect(seen).toEqual([0, 2_000, 4_000]);
  await vi.advanceTimersByTimeAsync(8_000);
  debounced.ask("a", work);
  await vi.advanceTimersByTimeAsync(100);
  expect(seen.at(-1)).toBe(0);
});

test("work says how long the next one has to wait, and what has not begun ends with it", async () => {
  const debounced = new Debounced({ firstMs: 100, intervalMs: 1_000 });
  const work = vi.fn(async () => 60_000);
  debounced.ask("a", work);
  await vi.advanceTimersByTimeAsync(100);
  debounced.ask("a", work);
  await vi.advanceTimersByTimeAsync(59_999);
  expect(work).toHaveBeenCalledTimes(1);
  debounced.close();
  debounced.ask("c", work);
  await vi.advanceTimersByTimeAsync(100_000);
  expect(work).toHaveBeenCalledTimes(1);
});
