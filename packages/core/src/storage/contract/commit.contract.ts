import { setTimeout as pause } from "node:timers/promises";
import { beginning } from "@mcp-assistant/protocol";
import { describe, expect, test, vi } from "vitest";
import { someUser } from "../../samples.fixture.js";
import type { Comparison, LogRow, StorageCommit, StorageDriver, ValueName } from "../../session/storage-driver.js";

const lifeMs = 60_000;

/** What a commit guarantees with any driver. */
export function commitContract(name: string, open: () => StorageDriver): void {
  /** A new user's partition, with helpers to change and inspect it. */
  function someUsers() {
    const driver = open();
    const user = someUser();
    const session = (name: string): ValueName => ({ kind: "session", id: `${name} ${user}` });
    const ids = (...names: string[]) => names.map((name) => session(name).id);
    const commit = (step: Omit<StorageCommit, "partition">) => driver.commit({ partition: { user }, ...step });
    const textOf = async (value: ValueName) => {
      const { rows } = await driver.read({ partition: { user }, ids: [value.id], row: () => ({ values: [value] }) });
      return rows[0]?.texts[0];
    };
    const row = (id: string) => ({ values: [{ kind: "session", id } as const] });
    const list = () => driver.list({ user, index: "session", row });
    const listed = async () => (await list()).rows.map(({ id }) => id).sort();
    const add = (...names: string[]) =>
      commit({
        set: names.map((name) => ({ value: session(name), text: `text of ${name}`, lifeMs })),
        index: { kind: "session", add: ids(...names), lifeMs },
      });
    return { driver, user, session, ids, commit, textOf, row, list, listed, add };
  }

  describe.concurrent(name, () => {
    test("values, index and events change together", async () => {
      const { driver, user, session, ids, commit, textOf, list } = someUsers();
      const done = await commit({
        compare: [{ value: session("a"), absent: true }],
        set: [{ value: session("a"), text: "one", lifeMs }],
        index: { kind: "session", add: ids("a"), lifeMs },
        events: ["first", "second"],
      });
      expect(done).toEqual({ done: true, texts: [], now: expect.any(Number) });
      expect(await textOf(session("a"))).toBe("one");
      const { rows, tail } = await list();
      expect(rows).toEqual([{ id: session("a").id, texts: ["one"], named: true }]);
      const log = (await driver.readLog(user, "0-1")) ?? [];
      expect(log.map(({ text }) => text)).toEqual(["first", "second"]);
      expect(log.map(({ previous }) => previous)).toEqual([beginning, log[0]?.id]);
      expect(tail).toBe(log[1]?.id);
    });

    test("a failed comparison changes nothing, and reports which one failed and what was there instead", async () => {
      const { driver, user, session, ids, commit, textOf, listed, add } = someUsers();
      await add("a");
      const refused = await commit({
        compare: [
          { value: session("a"), head: "text" },
          { value: session("a"), head: "something else" },
        ],
        set: [{ value: session("a"), text: "overwritten", lifeMs }],
        erase: [{ value: session("a") }],
        index: { kind: "session", add: ids("b"), remove: ids("a"), lifeMs },
        events: ["never"],
      });
      expect(refused).toMatchObject({ done: false, failed: 1, there: "text of a" });
      if (!refused.done) expect(refused.leftMs).toBeGreaterThan(lifeMs - 10_000);
      expect(await textOf(session("a"))).toBe("text of a");
      expect(await listed()).toEqual(ids("a"));
      expect(await driver.readLog(user, "0-1")).toEqual([]);
    });

    test.each<[string, (value: ValueName, other: ValueName) => Comparison, unknown]>([
      ["a head that is the whole text", (value) => ({ value, head: "text of a" }), true],
      ["an empty head", (value) => ({ value, head: "" }), true],
      ["a head with a different end", (value) => ({ value, head: "text of b" }), "text of a"],
      ["a whole text", (value) => ({ value, equals: "text of a" }), true],
      ["a whole text with a longer one", (value) => ({ value, equals: "text" }), "text of a"],
      ["the absence of a value that is there", (value) => ({ value, absent: true }), "text of a"],
      ["the absence of a missing value", (_value, other) => ({ value: other, absent: true }), true],
      ["a head with a missing value", (_value, other) => ({ value: other, head: "" }), undefined],
      ["a whole text with a missing value", (_value, other) => ({ value: other, equals: "" }), undefined],
      ["whether the index has its member", ({ id }) => ({ index: "session", has: id }), true],
      ["whether the index has another id", (_value, { id }) => ({ index: "session", has: id }), undefined],
      ["whether the index is smaller than its size", () => ({ index: "session", fewerThan: 2 }), 2],
      ["whether the index is smaller than its size plus one", () => ({ index: "session", fewerThan: 3 }), true],
    ])("a commit compares %s", async (_what, comparison, expected) => {
      const { session, commit, add } = someUsers();
      await add("a", "b");
      const answer = await commit({ compare: [comparison(session("a"), session("z"))] });
      expect(answer.done ? true : answer.there).toBe(expected);
    });

    test("the size of an index is compared without the ids that the commit itself removes", async () => {
      const { session, ids, commit, listed, add } = someUsers();
      await add("a", "b");
      const replace = (name: string) =>
        commit({
          compare: [{ index: "session", fewerThan: 2 }],
          set: [{ value: session("c"), text: "text of c", lifeMs }],
          index: { kind: "session", add: ids("c"), remove: ids(name), lifeMs },
        });
      expect(await replace("z")).toMatchObject({ done: false, there: 2 });
      expect((await replace("a")).done).toBe(true);
      expect(await listed()).toEqual(ids("b", "c"));
    });

    test("the bytes of all values of a kind that the index lists are compared, but for the one that is replaced", async () => {
      const { session, ids, commit, add } = someUsers();
      await add("a", "b", "c");
      const tools = (name: string): ValueName => ({ kind: "tools", id: session(name).id });
      const text = (name: string, length: number) => ({ value: tools(name), text: "é".repeat(length / 2), lifeMs });
      await commit({ set: [text("a", 100), text("b", 20), text("not listed", 1_000)] });
      const replace = (name: string, maxBytes: number) =>
        commit({ compare: [{ index: "session", besides: tools(name), maxBytes }], set: [text(name, 40)] });
      expect(await replace("b", 99)).toMatchObject({ done: false, failed: 0, there: 100, leftMs: 0 });
      expect(await replace("a", 20)).toMatchObject({ done: true });
      expect(await replace("c", 59)).toMatchObject({ done: false, there: 60 });
      expect(await replace("c", 60)).toMatchObject({ done: true });
      await commit({ erase: [{ value: tools("a") }], index: { kind: "session", remove: ids("b"), lifeMs } });
      expect(await replace("not listed", 40)).toMatchObject({ done: true });
      expect(await replace("not listed", 39)).toMatchObject({ done: false, there: 40 });
    });

    test("of concurrent commits that each leave room for one more, one succeeds", async () => {
      const { session, commit, add } = someUsers();
      const names = Array.from({ length: 20 }, (_, index) => `s${index}`);
      await add(...names);
      const answers = await Promise.all(
        names.map((name) => {
          const value: ValueName = { kind: "tools", id: session(name).id };
          const compare = [{ index: "session", besides: value, maxBytes: 99 } as const];
          return commit({ compare, set: [{ value, text: "x".repeat(100), lifeMs }] });
        }),
      );
      expect(answers.filter(({ done }) => done)).toHaveLength(1);
    });

    test("the requested texts are returned in order", async () => {
      const { session, commit, add } = someUsers();
      await add("a", "b");
      const answered = await commit({
        compare: [
          { value: session("b"), head: "text", answer: true },
          { value: session("a"), head: "text" },
          { value: session("a"), head: "", answer: true },
        ],
      });
      expect(answered).toMatchObject({ done: true, texts: ["text of b", "text of a"] });
    });

    test("a conditional erase keeps a value that holds a different text", async () => {
      const { session, commit, textOf, add } = someUsers();
      await add("a", "b");
      await commit({
        erase: [
          { value: session("a"), holding: "text of" },
          { value: session("b"), holding: "text of b" },
        ],
      });
      expect(await textOf(session("a"))).toBe("text of a");
      expect(await textOf(session("b"))).toBeUndefined();
    });

    test("each value has its own lifetime, which a touch restarts and a set can keep", async () => {
      const { session, commit, textOf } = someUsers();
      const [short, touched, kept, long] = [session("a"), session("b"), session("c"), session("d")];
      const set = (value: ValueName, life: number) => ({ value, text: "before", lifeMs: life });
      await commit({ set: [set(short, 2_000), set(touched, 2_000), set(kept, 2_000), set(long, lifeMs)] });
      await commit({
        touch: [
          { value: touched, lifeMs },
          { value: session("not there"), lifeMs },
        ],
        set: [
          { value: kept, text: "after", lifeMs: "kept" },
          { value: long, text: "after", lifeMs: "kept" },
        ],
      });
      expect(await textOf(kept)).toBe("after");
      await pause(2_100);
      const texts = await Promise.all([short, touched, kept, long, session("not there")].map(textOf));
      expect(texts).toEqual([undefined, "before", undefined, "after", undefined]);
    });

    test("listeners receive events as they are appended, together with the changes of the same commit", async () => {
      const { driver, user, session, commit, textOf } = someUsers();
      const heard: LogRow[] = [];
      const seen: Promise<string | undefined>[] = [];
      const stop = await driver.subscribe(user, {
        row: (row) => {
          heard.push(row);
          seen.push(textOf(session("a")));
        },
        interrupted: () => undefined,
      });
      await commit({ events: ["alone"] });
      await commit({ set: [{ value: session("a"), text: "changed", lifeMs }], events: ["ü \\n", "with a change"] });
      await vi.waitFor(() => expect(heard).toHaveLength(3));
      expect(heard.map(({ text }) => text)).toEqual(["alone", "ü \\n", "with a change"]);
      expect(await Promise.all(seen.slice(1))).toEqual(["changed", "changed"]);
      expect(await driver.readLog(user, heard[1]?.id ?? "")).toEqual(heard.slice(1));
      stop();
    });

    test("of 50 concurrent commits that compare the same head, one succeeds", async () => {
      const { session, commit, textOf, add } = someUsers();
      await add("a");
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          commit({
            compare: [{ value: session("a"), head: "text of" }],
            set: [{ value: session("a"), text: `by ${index}`, lifeMs }],
          }),
        ),
      );
      expect(answers.filter(({ done }) => done)).toHaveLength(1);
      expect(await textOf(session("a"))).toBe(`by ${answers.findIndex(({ done }) => done)}`);
    });

    test("every answer carries the store's clock", async () => {
      const { driver, user, session, commit, row, list } = someUsers();
      const read = () => driver.read({ partition: { user }, ids: ["a"], row });
      const refuse = () => commit({ compare: [{ value: session("a"), head: "" }] });
      const asked = [() => driver.time(), async () => (await commit({})).now];
      for (const step of [read, refuse, list]) asked.push(async () => (await step()).now);
      let before = await driver.time();
      for (const ask of asked) {
        await pause(2);
        const now = await ask();
        expect(now).toBeGreaterThan(before);
        expect(now).toBeLessThan(before + 5_000);
        before = now;
      }
    });
  });
}
