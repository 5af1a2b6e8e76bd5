import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DelayedAction } from "./delayed-action.js";

const action = vi.fn();
let delayed: DelayedAction;

beforeEach(() => {
  vi.useFakeTimers();
  action.mockClear();
  delayed = new DelayedAction(action, 100);
});

afterEach(() => {
  vi.useRealTimers();
});

test("runs once for many requests, and is not delayed when they keep coming", () => {
  for (let elapsed = 0; elapsed < 100; elapsed += 10) {
    delayed.request();
    expect(action).not.toHaveBeenCalled();
    vi.advanceTimersByTime(10);
  }
  expect(action).toHaveBeenCalledTimes(1);

  delayed.request();
  vi.advanceTimersByTime(100);
  expect(action).toHaveBeenCalledTimes(2);
});

test("ending runs a pending action immediately, and no later ones", () => {
  delayed.request();
  delayed.end();
  expect(action).toHaveBeenCalledTimes(1);

  delayed.request();
  delayed.end();
  vi.advanceTimersByTime(1_000);
  expect(action).toHaveBeenCalledTimes(1);
});

test("ending runs nothing when nothing is pending", () => {
  delayed.end();
  expect(action).not.toHaveBeenCalled();
});
