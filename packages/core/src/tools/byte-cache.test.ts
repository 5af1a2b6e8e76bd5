import { expect, test } from "vitest";
import { ByteCache } from "./byte-cache.js";

const mebi = 2 ** 20;

/** A cache of 32 MiB, with a clock of its own. */
function open() {
  let now = 0;
  const cache = new ByteCache(32 * mebi, () => now);
  /** Uses a value as its readers do: what is not kept is read again. Returns whether it was. */
  const use = (user: string, key: string, bytes: number) => {
    const isKept = cache.get(user, key) !== undefined;
    if (!isKept) cache.set(user, key, key, bytes);
    return isKept;
  };
  const pass = (ms: number) => {
    now += ms;
  };
  return { cache, use, pass };
}

test.each([
  ["50 lists of 1 MiB", 50, mebi, 1],
  ["20 lists of 4 MiB", 20, 4 * mebi, 1],
  ["lists as large as the cache", 5, 32 * mebi, 1],
  ["20 000 short lists", 20_000, 4_096, 1],
  ["50 lists of 1 MiB, as each of 8 users", 50, mebi, 8],
])("a user's list stays, however often another user reads %s", (_what, lists, bytes, users) => {
  const { cache, use } = open();
  use("ada", "ada's list", mebi);
  for (let round = 0; round < 2; round += 1) {
    for (let list = 0; list < lists; list += 1) {
      for (let user = 0; user < users; user += 1) use(`eve ${user}`, `${user} ${list}`, bytes);
      expect(cache.bytes).toBeLessThanOrEqual(32 * mebi);
    }
  }
  expect(use("ada", "ada's list", mebi)).toBe(true);
});

test("a list that users share stays for one who uses it, however much another of them reads", () => {
  const { use } = open();
  for (const user of ["ada", "eve"]) use(user, "the list of a known server", mebi);
  for (let list = 0; list < 50; list += 1) use("eve", `${list}`, mebi);
  expect(use("ada", "the list of a known server", mebi)).toBe(true);
});

test("a user alone may have all of it, and keeps what they used last", () => {
  const { use } = open();
  for (let list = 0; list < 31; list += 1) use("ada", `${list}`, mebi);
  expect(use("ada", "0", mebi)).toBe(true);
  use("ada", "31", mebi);
  expect(use("ada", "1", mebi)).toBe(false);
  expect(use("ada", "0", mebi)).toBe(true);
});

test("a value is kept once for all its users", () => {
  const { cache, use } = open();
  for (let user = 0; user < 100; user += 1) use(`user ${user}`, "the list of a known server", 4 * mebi);
  expect(cache.bytes).toBeLessThan(4.1 * mebi);
});

test("users who hold one short list each fill it no further than any other", () => {
  const { cache, use } = open();
  for (let user = 0; user < 200_000; user += 1) use(`user ${user}`, "the list of a known server", 1_000);
  expect(cache.bytes).toBeLessThanOrEqual(32 * mebi);
});

test("many small lists of users who have been away give way to a large one of a user who is here", () => {
  const { use, pass } = open();
  for (let user = 0; user < 10_000; user += 1) use(`user ${user}`, `${user}`, 4_096);
  pass(600_001);
  use("ada", "ada's list", 4 * mebi);
  for (let user = 0; user < 1_000; user += 1) use(`later ${user}`, `later ${user}`, 4_096);
  expect(use("ada", "ada's list", 4 * mebi)).toBe(true);
});

test("a value that is set again takes the other's place for all its users", () => {
  const { cache, use } = open();
  use("ada", "an index", mebi);
  cache.set("eve", "an index", "as packed elsewhere", mebi);
  expect([cache.get("ada", "an index"), cache.get("eve", "an index")]).toEqual(Array(2).fill("as packed elsewhere"));
  expect(cache.bytes).toBeLessThan(1.1 * mebi);
});
