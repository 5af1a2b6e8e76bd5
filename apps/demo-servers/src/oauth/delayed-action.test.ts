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

test("runs once for many requests, and no later when they do not stop", () => {
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

test("the end runs what is still to run, at once and for the last time", () => {
  delayed.request();
  delayed.end();
  expect(action).toHaveBeenCalledTimes(1);

  delayed.request();
  delayed.end();
  vi.advanceTimersByTime(1_000);
  expect(action).toHaveBeenCalledTimes(1);
});

test("the end runs nothing that nobody asked for", () => {
  delayed.end();
  expect(action).not.toHaveBeenCalled();
});
