import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { checkedIterator } from "./checked-iterator.js";

const unhandled = vi.fn();
const check = vi.fn<() => Promise<void>>();
const ended = { value: undefined, done: true };

beforeEach(() => {
  vi.useFakeTimers();
  check.mockReset().mockResolvedValue();
  process.on("unhandledRejection", unhandled);
});
afterEach(async () => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
  await new Promise((resolve) => setTimeout(resolve, 0));
  process.off("unhandledRejection", unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

/** A source with queued values. When they are used up, its `next()` waits until the source ends. */
function open(queued: number[] = [], signal?: AbortSignal) {
  let wake: ((result: typeof ended) => void) | undefined;
  const end = vi.fn(() => {
    queued.length = 0;
    wake?.(ended);
  });
  signal?.addEventListener("abort", end);
  const source: AsyncIterableIterator<number, undefined> = {
    next: () => {
      const value = queued.shift();
      if (value !== undefined) return Promise.resolve({ value, done: false });
      if (end.mock.calls.length > 0) return Promise.resolve({ value: undefined, done: true });
      return new Promise((resolve) => {
        wake = () => resolve({ value: undefined, done: true });
      });
    },
    return: async () => {
      end();
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
  const iterator = checkedIterator(source, { check, noAnswer: () => new Error("no answer"), signal });
  return { iterator, end };
}

const minutes = (count: number) => vi.advanceTimersByTimeAsync(count * 60_000);

test("values pass through, and the check runs once a minute", async () => {
  const { iterator } = open([1, 2]);
  expect(await iterator.next()).toEqual({ value: 1, done: false });
  expect(check).not.toHaveBeenCalled();
  await minutes(3);
  expect(check).toHaveBeenCalledTimes(3);
  expect(await iterator.next()).toEqual({ value: 2, done: false });
  await iterator.return?.();
});

test("a refusal reaches a waiting reader, ends the source, and ends the checks", async () => {
  const { iterator, end } = open();
  const waiting = iterator.next();
  check.mockRejectedValue(new Error("refused"));
  await minutes(1);
  await expect(waiting).rejects.toThrow("refused");
  expect(end).toHaveBeenCalledTimes(1);
  await minutes(2);
  expect(check).toHaveBeenCalledTimes(1);
});

test("values queued at the time of a refusal are not delivered", async () => {
  const { iterator } = open([1, 2, 3]);
  await iterator.next();
  check.mockRejectedValue(new Error("refused"));
  await minutes(1);
  await expect(iterator.next()).rejects.toThrow("refused");
});

test("a refusal that is not awaited yet is not an unhandled rejection", async () => {
  const { iterator } = open();
  const fetchedAhead = iterator.next();
  check.mockRejectedValue(new Error("refused"));
  await minutes(1);
  vi.useRealTimers();
  await new Promise((resolve) => setTimeout(resolve, 10));
  await expect(fetchedAhead).rejects.toThrow("refused");
  vi.useFakeTimers();
});

test("a check that has not answered when the next one is due counts as failed", async () => {
  const { iterator } = open();
  const waiting = iterator.next();
  check.mockReturnValue(new Promise(() => undefined));
  await minutes(1);
  await minutes(1);
  await expect(waiting).rejects.toThrow("no answer");
  expect(check).toHaveBeenCalledTimes(1);
});

test("the end of the source, a return and an abort each end the checks at once", async () => {
  const finished = open();
  const waiting = finished.iterator.next();
  finished.end();
  expect(await waiting).toEqual(ended);
  expect(vi.getTimerCount()).toBe(0);

  const returned = open();
  expect(await returned.iterator.return?.()).toEqual(ended);
  expect(vi.getTimerCount()).toBe(0);

  const controller = new AbortController();
  const aborted = open([1], controller.signal);
  controller.abort();
  expect(vi.getTimerCount()).toBe(0);
  expect(await aborted.iterator.next()).toEqual(ended);
  open([], AbortSignal.abort());
  expect(vi.getTimerCount()).toBe(0);
});

test("an answer that comes after the end changes nothing", async () => {
  const { iterator } = open();
  let answer: (error: Error) => void = () => undefined;
  check.mockReturnValue(
    new Promise((_, reject) => {
      answer = reject;
    }),
  );
  await minutes(1);
  await iterator.return?.();
  answer(new Error("refused"));
  await minutes(1);
  expect(await iterator.next()).toEqual(ended);
});
