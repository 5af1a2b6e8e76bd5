import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { EventIterator } from "./event-iterator.js";

const unhandled = vi.fn();

beforeEach(() => void process.on("unhandledRejection", unhandled));

afterEach(async () => {
  await new Promise(setImmediate);
  process.off("unhandledRejection", unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

function open(limit = 3, signal?: AbortSignal) {
  const onEnd = vi.fn();
  return { onEnd, iterator: new EventIterator<number>({ limit, signal, onEnd }) };
}

const ended = { value: undefined, done: true };

test("values wait in order for a reader, and a reader waits for a value", async () => {
  const { iterator } = open();
  iterator.push(1);
  iterator.push(2);
  expect(await iterator.next()).toEqual({ value: 1, done: false });
  expect(await iterator.next()).toEqual({ value: 2, done: false });
  const waiting = iterator.next();
  iterator.push(3);
  expect(await waiting).toEqual({ value: 3, done: false });
});

test("readers that wait at the same time get values, and then the end, in their order", async () => {
  const { iterator } = open();
  const waiting = [iterator.next(), iterator.next(), iterator.next(), iterator.next()];
  iterator.push(1);
  iterator.push(2);
  iterator.end();
  expect(await Promise.all(waiting)).toEqual([{ value: 1, done: false }, { value: 2, done: false }, ended, ended]);
});

test("a full queue refuses a value, and accepts one again after a read or a clear", async () => {
  const { iterator } = open(2);
  expect([iterator.push(1), iterator.push(2), iterator.push(3)]).toEqual([true, true, false]);
  expect((await iterator.next()).value).toBe(1);
  expect([iterator.push(4), iterator.push(5)]).toEqual([true, false]);
  iterator.clear();
  expect(iterator.push(6)).toBe(true);
  expect((await iterator.next()).value).toBe(6);
});

test("an abort ends a waiting reader, drops what is queued, and calls `onEnd` once", async () => {
  const controller = new AbortController();
  const { iterator, onEnd } = open(3, controller.signal);
  const waiting = iterator.next();
  controller.abort();
  expect(await waiting).toEqual(ended);
  iterator.push(1);
  expect(await iterator.next()).toEqual(ended);
  iterator.end();
  await iterator.return();
  expect(onEnd).toHaveBeenCalledTimes(1);

  const queued = new AbortController();
  const second = open(3, queued.signal);
  second.iterator.push(1);
  queued.abort();
  expect(await second.iterator.next()).toEqual(ended);
});

test("a signal that is already aborted ends the iterator at once", async () => {
  const { iterator, onEnd } = open(3, AbortSignal.abort());
  expect(iterator.ended).toBe(true);
  expect(await iterator.next()).toEqual(ended);
  expect(onEnd).toHaveBeenCalledTimes(1);
});

test("a return wakes a waiting reader", async () => {
  const { iterator, onEnd } = open();
  const waiting = iterator.next();
  expect(await iterator.return()).toEqual(ended);
  expect(await waiting).toEqual(ended);
  expect(onEnd).toHaveBeenCalledTimes(1);
});

test("leaving a for-await loop ends the iterator", async () => {
  const { iterator, onEnd } = open();
  iterator.push(1);
  for await (const value of iterator) {
    expect(value).toBe(1);
    break;
  }
  expect(iterator.ended).toBe(true);
  expect(onEnd).toHaveBeenCalledTimes(1);
});

test("an iterator that has ended no longer listens to its signal", async () => {
  const controller = new AbortController();
  const remove = vi.spyOn(controller.signal, "removeEventListener");
  const { iterator } = open(3, controller.signal);
  iterator.end();
  expect(remove).toHaveBeenCalledWith("abort", iterator.end);
});
