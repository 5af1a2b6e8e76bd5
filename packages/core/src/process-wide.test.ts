import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { Delivery } from "./budgets/delivery.js";
import { forgetProcessWide, processWide, runShared, sharedFlight, singleFlight } from "./process-wide.js";
import { openStorage } from "./storage/storage.js";

test("two copies of the module share one object per key", async () => {
  vi.resetModules();
  const copy = await import("./process-wide.js");
  expect(copy.processWide).not.toBe(processWide);
  const key = {};
  const made = processWide("thing", key, () => ({ made: "here" }));
  expect(copy.processWide("thing", key, () => ({ made: "there" }))).toBe(made);
});

test("two copies of the whole package share one memory storage, until both have closed it", async () => {
  vi.resetModules();
  const copy = await import("./storage/storage.js");
  const options = { sessionTtl: 60, logger: () => undefined };
  const [ours, theirs] = [openStorage("memory", options), copy.openStorage("memory", options)];
  expect(theirs.sessions).toBe(ours.sessions);
  await Promise.all([ours.close(), theirs.close()]);
  expect(copy.openStorage("memory", options).sessions).not.toBe(ours.sessions);
});

test("different keys and kinds have their own objects, each made once", () => {
  const make = vi.fn(() => ({}));
  const [one, other] = [processWide("kind", "one", make), processWide("kind", "other", make)];
  expect(other).not.toBe(one);
  expect(processWide("other kind", "one", make)).not.toBe(one);
  expect(processWide("kind", "one", make)).toBe(one);
  expect(make).toHaveBeenCalledTimes(3);
});

test("a forgotten object is made again, and a failed attempt to make one is repeated", () => {
  const first = processWide("forgotten", "key", () => ({}));
  forgetProcessWide("forgotten", "key");
  expect(processWide("forgotten", "key", () => ({}))).not.toBe(first);
  const fail = () => {
    throw new Error("no");
  };
  expect(() => processWide("failing", "key", fail)).toThrow("no");
  expect(processWide("failing", "key", () => "made")).toBe("made");
});

test("callers that arrive while a flight is under way share it; the next caller starts another", async () => {
  let land: (value: string) => void = () => undefined;
  const work = vi.fn(
    () =>
      new Promise<string>((resolve) => {
        land = resolve;
      }),
  );
  const flights = [singleFlight("refresh", "key", work), singleFlight("refresh", "key", work)];
  const other = singleFlight("refresh", "other", async () => "other");
  expect(work).toHaveBeenCalledTimes(1);
  land("landed");
  expect(await Promise.all([...flights, other])).toEqual(["landed", "landed", "other"]);
  expect(await singleFlight("refresh", "key", async () => "again")).toBe("again");
});

test("a failed flight fails for all its callers, and the next caller starts another", async () => {
  const work = () => Promise.reject(new Error("crashed"));
  const flights = [singleFlight("failing", "key", work), singleFlight("failing", "key", work)];
  for (const flight of flights) await expect(flight).rejects.toThrow("crashed");
  expect(await singleFlight("failing", "key", async () => "fine")).toBe("fine");
});

/** A flight, its callers, and how it went on. */
function takeOff(key: string) {
  const works: { gone: AbortSignal; land: (value: string) => void }[] = [];
  const work = (gone: AbortSignal) => new Promise<string>((land) => works.push({ gone, land }));
  const call = () => {
    const caller = new AbortController();
    const outcome = sharedFlight("test", key, work, caller.signal).catch((reason: unknown) => reason);
    return { leave: () => caller.abort(`${works.length} gone`), outcome };
  };
  return { works, call };
}

test("work is shared by its callers, and ends when the last of them has gone", async () => {
  const { works, call } = takeOff("shared");
  const [one, other] = [call(), call()];
  await nextTurn();
  one.leave();
  expect(await one.outcome).toBe("1 gone");
  expect(works.map(({ gone }) => gone.aborted)).toEqual([false]);
  other.leave();
  expect(works.map(({ gone }) => gone.aborted)).toEqual([true]);
  const later = call();
  await nextTurn();
  expect(works).toHaveLength(2);
  works[0]?.land("too late");
  works[1]?.land("landed");
  expect(await later.outcome).toBe("landed");
});

test.each<[string, <T>(work: () => Promise<T>) => Promise<T>]>([
  ["a flight", (work) => singleFlight("own", "key", work)],
  ["a flight that callers may leave", (work) => sharedFlight("own", "key", work)],
  ["other work that is shared", runShared],
])("%s is of no answer, even if one began it", async (_what, fly) => {
  const seen = async () => {
    const atOnce = Delivery.current();
    await nextTurn();
    return [atOnce, Delivery.current()];
  };
  const delivery = new Delivery();
  const [shared, own] = await delivery.run(async () => [await fly(seen), await seen()]);
  expect(shared).toEqual([undefined, undefined]);
  expect(own).toEqual([delivery, delivery]);
});

test("what one caller gives up, the others get", async () => {
  const { works, call } = takeOff("kept");
  const [one, other] = [call(), call()];
  await nextTurn();
  one.leave();
  works[0]?.land("landed");
  expect(await other.outcome).toBe("landed");
  other.leave();
  expect(works[0]?.gone.aborted).toBe(false);
});
