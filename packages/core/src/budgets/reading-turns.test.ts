import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { type Reader, ReadingTurns } from "./reading-turns.js";

const shares = { perUser: 100, inAll: 200 };

interface Script {
  user?: string;
  name?: string;
  each?: number;
  left?: number;
}

/** A reader that reads pieces of `each` bytes until nothing is left. Notes what it has read. */
function readerOf(turns: ReadingTurns, log: string[], { user = "eve", name = user, each = 50, left = 1_000 }: Script) {
  const reader: Reader = {
    user,
    readOn: () => {
      while (left > 0) {
        const bytes = turns.take(reader, Math.min(each, left));
        if (bytes === 0) return;
        left -= bytes;
        log.push(name);
      }
    },
  };
  return reader;
}

test("in one turn, a user's readers read the user's share, and take turns", async () => {
  const turns = new ReadingTurns(shares);
  const log: string[] = [];
  for (const name of ["a", "b", "c"]) readerOf(turns, log, { name }).readOn();
  expect(log).toEqual(["a", "a"]);
  const seen: string[] = [];
  for (let turn = 0; turn < 4; turn += 1) {
    log.length = 0;
    await nextTurn();
    seen.push(log.join(""));
  }
  expect(seen).toEqual(["aa", "bb", "cc", "aa"]);
});

test("in one turn, all users read the share of all, and each user who has read nothing a little more", async () => {
  const turns = new ReadingTurns(shares);
  const log: string[] = [];
  for (let count = 0; count < 5; count += 1) readerOf(turns, log, { user: `user ${count}` }).readOn();
  expect(log).toEqual(["user 0", "user 0", "user 1", "user 1", "user 2", "user 3", "user 4"]);
  expect(turns.take({ user: "ada", readOn: () => undefined }, 1_000_000)).toBe(4_096);
});

test("what a user spends beyond their share is missing in later turns, and only for them", async () => {
  const turns = new ReadingTurns(shares);
  const log: string[] = [];
  turns.spend("eve", 250);
  readerOf(turns, log, { left: 50 }).readOn();
  await nextTurn();
  expect(log).toEqual([]);
  readerOf(turns, log, { user: "ada", left: 50 }).readOn();
  expect(log).toEqual(["ada"]);
  await nextTurn();
  expect(log).toEqual(["ada", "eve"]);
});
