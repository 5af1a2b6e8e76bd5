import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { StoreUnavailableError } from "../errors.js";
import { Turns } from "./turns.js";

const lanes = { perKey: 4, inAll: 10 };

/** Work that begins in turn and ends when the test says so. `begun` holds the names in the order of their beginnings. */
function open() {
  const turns = new Turns(lanes);
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const start = (key: string, amount: number, name = key, signal?: AbortSignal) =>
    turns.take(key, amount, signal).then((end) => {
      begun.push(name);
      ends.set(name, end);
    });
  /** For one that may still wait when the test is over. */
  const queue = (key: string, amount: number, name = key) => void start(key, amount, name).catch(() => undefined);
  const end = async (name: string) => {
    ends.get(name)?.();
    await nextTurn();
  };
  return { turns, begun, start, queue, end };
}

test("what fits begins at once; the rest of one key waits until there is room", async () => {
  const { turns, begun, queue, end } = open();
  for (const name of ["1", "2", "3"]) queue("ada", 2, name);
  await nextTurn();
  expect(begun).toEqual(["1", "2"]);
  expect([turns.underWay, turns.waiting]).toEqual([4, 1]);
  await end("1");
  await end("1");
  expect(begun).toEqual(["1", "2", "3"]);
  await end("2");
  await end("3");
  expect([turns.underWay, turns.waiting]).toEqual([0, 0]);
});

test("however much waits for one key, another's is next", async () => {
  const { begun, queue, end } = open();
  for (let count = 0; count < 500; count += 1) queue("eve", 4, `eve ${count}`);
  for (const key of ["a", "b"]) queue(key, 3);
  await nextTurn();
  expect(begun).toEqual(["eve 0", "a", "b"]);
  for (const key of ["c", "d"]) queue(key, 3);
  await end("eve 0");
  // The one of `eve` that waited longest was before them, and 499 are not.
  expect(begun.slice(3)).toEqual(["eve 1"]);
  await end("a");
  await end("b");
  expect(begun.slice(4)).toEqual(["c", "d"]);
});

test("one that is larger than its lane begins alone, and is not overtaken for ever", async () => {
  const { begun, queue, end } = open();
  for (const key of ["a", "b", "c"]) queue(key, 3);
  await nextTurn();
  queue("large", 100);
  queue("d", 1);
  await end("a");
  expect(begun).toEqual(["a", "b", "c", "large"]);
  await end("b");
  expect(begun.at(-1)).toBe("d");
});

test("a caller who has gone leaves the queue, and the work never begins", async () => {
  const { turns, begun, start, end } = open();
  await start("ada", 4, "first");
  const gone = new AbortController();
  const second = start("ada", 4, "second", gone.signal);
  const third = start("ada", 4, "third");
  gone.abort(new Error("gone"));
  await expect(second).rejects.toThrow("gone");
  expect(turns.waiting).toBe(1);
  await end("first");
  await third;
  expect(begun).toEqual(["first", "third"]);
  await expect(start("ada", 1, "late", gone.signal)).rejects.toThrow("gone");
});

test("the queue of one key is bounded; other keys may still wait", async () => {
  const { start, queue } = open();
  await start("ada", 4);
  const refused = Array.from({ length: 1_005 }, () => start("ada", 1).catch(({ code }) => code));
  const codes = await Promise.race([Promise.all(refused.slice(1_000)), Promise.all(refused)]);
  expect(codes).toEqual(Array(5).fill("LIMIT_EXCEEDED"));
  await start("grace", 4);
  queue("grace", 4);
});

test.each([
  ["its own work", { ada: 4 }, "Too many of your requests wait for their turn", undefined],
  ["others' work", { a: 4, b: 4, c: 2 }, "This app is busy: too many requests wait for its storage", 2_000],
])("a wait for %s ends after 5 s with an error that says so", async (_what, before, message, retryAfter) => {
  vi.useFakeTimers();
  try {
    const { turns, start } = open();
    for (const [key, amount] of Object.entries(before)) await start(key, amount);
    const late = start("ada", 1).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await late).toMatchObject({ code: "LIMIT_EXCEEDED", message, retryable: true, retryAfter });
    expect(turns.waiting).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test.each([
  ["everything that waits", undefined, ["STORE_UNAVAILABLE", "STORE_UNAVAILABLE", "STORE_UNAVAILABLE"]],
  ["what waits for one key", "ada", ["STORE_UNAVAILABLE", "STORE_UNAVAILABLE", "waits"]],
])("when the storage has not answered, %s fails in the same way at once", async (_what, of, outcomes) => {
  const { turns, start } = open();
  for (const key of ["ada", "grace"]) await start(key, 4);
  const waits = ["ada", "ada", "grace"].map((key) => start(key, 4).catch(({ code }) => code));
  const error = new StoreUnavailableError("away");
  expect(turns.failed(error, of)).toBe(error);
  expect(await Promise.all(waits.map((wait) => Promise.race([wait, nextTurn("waits")])))).toEqual(outcomes);
  expect(turns.waiting).toBe(outcomes.filter((outcome) => outcome === "waits").length);
});

test("an error of one piece alone is no other's", async () => {
  const { turns, begun, start, queue, end } = open();
  await start("ada", 4, "first");
  queue("ada", 4, "second");
  turns.failed(new Error("unreadable"));
  await end("first");
  expect(begun).toEqual(["first", "second"]);
});
