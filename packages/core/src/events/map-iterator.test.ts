import { expect, test, vi } from "vitest";
import { EventIterator } from "./event-iterator.js";
import { mapIterator } from "./map-iterator.js";

const open = () => {
  const onEnd = vi.fn();
  return { source: new EventIterator<number>({ limit: 8, signal: undefined, onEnd }), onEnd };
};
const end = { value: undefined, done: true };

test("values are mapped in order, even by asynchronous work", async () => {
  const { source } = open();
  const doubled = mapIterator(source, { value: async (value) => value * 2 });
  source.push(1);
  source.push(2);
  expect(await doubled.next()).toEqual({ value: 2, done: false });
  expect(await doubled.next()).toEqual({ value: 4, done: false });
  source.end();
  expect(await doubled.next()).toEqual(end);
});

test("a reader that goes away ends the source, even while it waits", async () => {
  const { source, onEnd } = open();
  const returned = vi.fn();
  const same = mapIterator(source, { value: (value) => value, returned });
  const waiting = same.next();
  expect(await same.return?.()).toEqual(end);
  expect(await waiting).toEqual(end);
  expect([returned.mock.calls.length, onEnd.mock.calls.length]).toEqual([1, 1]);
});

test("the reader gets the mapped error, and one that has not been read yet does not end the process", async () => {
  const unhandled = vi.fn();
  process.on("unhandledRejection", unhandled);
  const { source } = open();
  const failing = mapIterator(source, {
    value: () => {
      throw new Error("inside");
    },
    failed: (error) => new Error(`outside: ${error instanceof Error ? error.message : "?"}`),
  });
  source.push(1);
  const fetchedAhead = failing.next();
  await new Promise((resolve) => setTimeout(resolve, 10));
  await expect(fetchedAhead).rejects.toThrow("outside: inside");
  process.off("unhandledRejection", unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

test("the end of the source can be turned into an error", async () => {
  const { source } = open();
  const refused = mapIterator(source, {
    value: (value) => value,
    ended: () => {
      throw new Error("refused");
    },
  });
  source.end();
  await expect(refused.next()).rejects.toThrow("refused");
});
