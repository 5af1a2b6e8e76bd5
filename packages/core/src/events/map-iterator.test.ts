import { expect, test, vi } from "vitest";
import { EventIterator } from "./event-iterator.js";
import { mapIterator } from "./map-iterator.js";

const open = () => {
  const onEnd = vi.fn();
  return { source: new EventIterator<number>({ limit: 8, signal: undefined, onEnd }), onEnd };
};
const end = { value: undefined, done: true };

test("values are changed in their order, also by work that takes a while", async () => {
  const { source } = open();
  const doubled = mapIterator(source, { value: async (value) => value * 2 });
  source.push(1);
  source.push(2);
  expect(await doubled.next()).toEqual({ value: 2, done: false });
  expect(await doubled.next()).toEqual({ value: 4, done: false });
  source.end();
  expect(await doubled.next()).toEqual(end);
});

test("a reader who goes away ends the source, although it waits", async () => {
  const { source, onEnd } = open();
  const returned = vi.fn();
  const same = mapIterator(source, { value: (value) => value, returned });
  const waiting = same.next();
  expect(await same.return?.()).toEqual(end);
  expect(await waiting).toEqual(end);
  expect([returned.mock.calls.length, onEnd.mock.calls.length]).toEqual([1, 1]);
});

test("an error is told as what it becomes, and one that nobody looks at yet ends no process", async () => {
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

test("the end of the source can be an error", async () => {
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
