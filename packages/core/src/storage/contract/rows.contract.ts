import { setTimeout as pause } from "node:timers/promises";
import { beginning } from "@mcp-assistant/protocol";
import { describe, expect, test } from "vitest";
import { someUser } from "../../samples.fixture.js";
import type { Partition, Row, StorageDriver, ValueName } from "../../session/storage-driver.js";

const row = (id: string): Row & { beside: readonly ValueName[] } => ({
  values: [
    { kind: "session", id },
    { kind: "credentials", id },
  ],
  beside: [{ kind: "server", id: `server of ${id}` }],
});

/** What any driver guarantees for reads, lists and scans. */
export function rowsContract(name: string, open: () => StorageDriver): void {
  /** A user with rows of the given lifetime. `named`: whether the index lists them. */
  async function someRows({ lifeMs = 60_000, named = true } = {}, ...names: string[]) {
    const driver = open();
    const user = someUser();
    const idOf = (name: string) => `${name} ${user}`;
    for (const id of names.map(idOf)) {
      const { values, beside } = row(id);
      await driver.commit({
        partition: { user },
        set: [...values, ...beside].map((value) => ({ value, text: `${value.kind} ${value.id}`, lifeMs })),
        ...(named ? { index: { kind: "session", add: [id], lifeMs } } : {}),
      });
    }
    const read = (name: string, life?: number) =>
      driver.read({ partition: { user }, ids: [idOf(name)], row, index: "session", ...(life ? { lifeMs: life } : {}) });
    const list = (life?: number) => driver.list({ user, row, index: "session", ...(life ? { lifeMs: life } : {}) });
    return { driver, user, idOf, read, list };
  }

  describe.concurrent(name, () => {
    test("rows are returned as written and in the requested order, with missing values as undefined", async () => {
      const { driver, user, idOf } = await someRows({}, "a", "b");
      const [a, b, gone] = [idOf("a"), idOf("b"), idOf("gone")];
      await driver.commit({ partition: { user }, erase: [{ value: { kind: "credentials", id: b } }] });
      const { rows } = await driver.read({ partition: { user }, ids: [b, gone, a], row, index: "session" });
      expect(rows).toEqual([
        { id: b, texts: [`session ${b}`, undefined], named: true },
        { id: gone, texts: [undefined, undefined], named: false },
        { id: a, texts: [`session ${a}`, `credentials ${a}`], named: true },
      ]);
    });

    test("a part of a text is read without the rest", async () => {
      const { driver, user, idOf } = await someRows({}, "a");
      const value = { kind: "session", id: idOf("a") } as const;
      const part = (start: number, length: number) => driver.readPart({ partition: { user }, value, start, length });
      const text = `session ${value.id}`;
      expect(await part(0, 7)).toBe("session");
      expect(await part(8, 10_000)).toBe(value.id);
      expect(await part(0, Number.MAX_SAFE_INTEGER)).toBe(text);
      expect(await part(text.length, 1)).toBeUndefined();
      const missing = { kind: "tools", id: value.id } as const;
      expect(await driver.readPart({ partition: { user }, value: missing, start: 0, length: 9 })).toBeUndefined();
    });

    test.each<[string, (driver: StorageDriver, user: string, id: string, signal: AbortSignal) => Promise<unknown>]>([
      ["rows", (driver, user, id, signal) => driver.read({ partition: { user }, ids: [id], row, signal })],
      ["a list", (driver, user, _id, signal) => driver.list({ user, row, index: "session", lifeMs: 60_000, signal })],
      [
        "a part",
        (driver, user, id, signal) =>
          driver.readPart({ partition: { user }, value: { kind: "session", id }, start: 0, length: 9, signal }),
      ],
      ["a log", (driver, user, _id, signal) => driver.readLog(user, beginning, { signal })],
    ])("%s: what a caller who has gone asked for is not read", async (_what, read) => {
      const { driver, user, idOf } = await someRows({}, "a");
      const reason = new Error("gone");
      await expect(read(driver, user, idOf("a"), AbortSignal.abort(reason))).rejects.toBe(reason);
      await expect(read(driver, user, idOf("a"), new AbortController().signal)).resolves.toBeDefined();
    });

    test("a list has all rows that the index names, and the index drops rows that are gone", async () => {
      const { driver, user, idOf, list } = await someRows({}, "a", "b", "c");
      await driver.commit({ partition: { user }, erase: [{ value: { kind: "session", id: idOf("b") } }] });
      expect((await list()).rows.map(({ id }) => id).sort()).toEqual([idOf("a"), idOf("c")]);
      const compare = [{ index: "session", fewerThan: 3 } as const];
      expect((await driver.commit({ partition: { user }, compare })).done).toBe(true);
      const stranger = await driver.list({ user: someUser(), row, index: "session" });
      expect(stranger).toEqual({ rows: [], tail: beginning, now: expect.any(Number) });
    });

    test("a read with a lifetime renews an indexed row and the values beside it, and nothing else", async () => {
      const [named, unnamed] = [
        await someRows({ lifeMs: 2_000 }, "a", "b"),
        await someRows({ lifeMs: 2_000, named: false }, "a"),
      ];
      const [listed, plain] = [await someRows({ lifeMs: 2_000 }, "a"), await someRows({ lifeMs: 2_000 }, "a")];
      await Promise.all([named.read("a", 60_000), unnamed.read("a", 60_000), listed.list(60_000), plain.read("a")]);
      await pause(2_100);
      const isThere = async ({ driver, user, idOf }: typeof named, name: string) => {
        const beside = { kind: "server", id: `server of ${idOf(name)}` } as const;
        const { rows } = await driver.read({
          partition: { user },
          ids: [beside.id],
          row: () => ({ values: [beside] }),
        });
        return rows[0]?.texts[0] !== undefined;
      };
      expect((await named.read("a")).rows).toMatchObject([
        { texts: [expect.any(String), expect.any(String)], named: true },
      ]);
      expect((await listed.list()).rows).toHaveLength(1);
      expect(await Promise.all([isThere(named, "a"), isThere(listed, "a")])).toEqual([true, true]);
      for (const [one, id] of [
        [named, "b"],
        [unnamed, "a"],
        [plain, "a"],
      ] as const) {
        expect((await one.read(id)).rows[0]?.texts[0]).toBeUndefined();
        expect(await isThere(one, id)).toBe(false);
      }
    });

    test.each(["a b", "{tag}", "a:b", "é\\n", "*", ""])("the id %j is distinct from all others", async (odd) => {
      const { idOf, read, list } = await someRows({}, odd, `${odd}x`);
      const id = idOf(odd);
      expect((await read(odd)).rows).toEqual([{ id, texts: [`session ${id}`, `credentials ${id}`], named: true }]);
      expect((await list()).rows.map((each) => each.id).sort()).toEqual([id, idOf(`${odd}x`)].sort());
    });

    test("values of different users, kinds and shared partitions are separate, even with the same id", async () => {
      const driver = open();
      const id = someUser();
      const places: [Partition, ValueName][] = [
        [{ user: id }, { kind: "session", id }],
        [{ user: id }, { kind: "credentials", id }],
        [{ user: id }, { kind: "server", id }],
        [{ user: id }, { kind: "lock", id }],
        [{ user: `${id}2` }, { kind: "server", id }],
        [
          { shared: "attempt", id },
          { kind: "attempt", id },
        ],
        [
          { shared: "registration", id },
          { kind: "registration", id },
        ],
        [
          { shared: "registration", id },
          { kind: "lock", id: "work" },
        ],
        [
          { shared: "sign-in-page", id },
          { kind: "sign-in-page", id },
        ],
        [
          { shared: "tool-list", id },
          { kind: "tool-list", id },
        ],
        [
          { shared: "tool-list", id },
          { kind: "lock", id: "rest" },
        ],
      ];
      for (const [place, [partition, value]] of places.entries()) {
        const set = [{ value, text: `${place}`, lifeMs: 60_000 }];
        expect((await driver.commit({ partition, compare: [{ value, absent: true }], set })).done).toBe(true);
      }
      for (const [place, [partition, value]] of places.entries()) {
        const { rows } = await driver.read({ partition, ids: [value.id], row: () => ({ values: [value] }) });
        expect(rows[0]?.texts).toEqual([`${place}`]);
      }
    });

    test("a shared value and its locks belong to one partition", async () => {
      const driver = open();
      for (const shared of ["attempt", "registration", "sign-in-page", "tool-list"] as const) {
        const id = someUser();
        const [value, lock] = [{ kind: shared, id } as const, { kind: "lock", id: "work" } as const];
        const compare = [value, lock].map((name) => ({ value: name, absent: true }) as const);
        const set = [value, lock].map((name) => ({ value: name, text: "set", lifeMs: 60_000 }));
        expect((await driver.commit({ partition: { shared, id }, compare, set })).done).toBe(true);
        expect((await driver.commit({ partition: { shared, id }, compare, set })).done).toBe(false);
      }
    });

    test("a scan finds all values of one kind, with their ids", async () => {
      const driver = open();
      const [user, id] = [someUser(), `a:session:b ${someUser()}`];
      await driver.commit({
        partition: { user },
        set: [
          { value: { kind: "session", id }, text: "of a user", lifeMs: 60_000 },
          { value: { kind: "credentials", id }, text: "not asked for", lifeMs: 60_000 },
        ],
      });
      for (const shared of ["attempt", "registration"] as const) {
        const set = [{ value: { kind: shared, id: user }, text: shared, lifeMs: 60_000 }];
        await driver.commit({ partition: { shared, id: user }, set });
      }
      const found = async (kind: "session" | "attempt" | "registration") => {
        const all: { id: string; text: string }[] = [];
        for await (const each of driver.scan(kind)) if (each.id === id || each.id === user) all.push(each);
        return [...new Map(all.map((each) => [each.text, each])).values()];
      };
      expect(await found("session")).toEqual([{ id, text: "of a user" }]);
      expect(await found("attempt")).toEqual([{ id: user, text: "attempt" }]);
      expect(await found("registration")).toEqual([{ id: user, text: "registration" }]);
    });
  });
}
