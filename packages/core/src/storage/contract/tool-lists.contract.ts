import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { type Limits, resolveLimits } from "../../limits.js";
import { noSessionLimit, someRecord, someUser, storedTools, storeTools } from "../../samples.fixture.js";
import type { SessionRecord } from "../../session/session-record.js";
import { SessionStore } from "../../session/session-store.js";
import type { StorageDriver } from "../../session/storage-driver.js";
import { ByteCache } from "../../tools/byte-cache.js";
import { ToolLists } from "../../tools/tool-lists.js";

const tool = (name: string, description = "") => ({ name, description, inputSchema: { type: "object" } });
/** Text that hardly becomes shorter. */
const noise = (length: number) => randomBytes(Math.ceil(length * 0.75)).toString("base64");

/** What a session's list of tools guarantees with any driver. */
export function toolListsContract(name: string, openDriver: () => StorageDriver): void {
  /** A user with one session for each name. Every `lists()` reads as another process does. */
  async function open(ttl: number, limits: Partial<Limits>, ...names: string[]) {
    const driver = openDriver();
    const store = new SessionStore(driver, ttl);
    const lists = () => new ToolLists(driver, { ttl, limits: resolveLimits(limits), cache: new ByteCache(2 ** 22) });
    const userId = someUser();
    const records = names.map((serverId) => someRecord({ userId, serverId }));
    for (const record of records) await store.create(record, [], noSessionLimit);
    const keep = (record: SessionRecord, tools: ReturnType<typeof tool>[]) =>
      storeTools({ store, lists: lists() }, record, tools);
    const read = (record: SessionRecord) => lists().get(record, record.tools?.hash ?? "");
    const [first = someRecord(), second = someRecord()] = records;
    return { driver, store, lists, userId, first, second, keep, read };
  }

  describe.concurrent(name, () => {
    test("a list is read whole or one tool at a time, and the next list takes its place", async () => {
      const { lists, first, keep, read } = await open(60, {}, "a");
      const tools = [tool("one", noise(20_000)), tool("zwei ü", noise(20_000))];
      const kept = await keep(first, tools);
      expect(await read(kept)).toEqual(tools);
      expect(await lists().find(kept, kept.tools?.hash ?? "", "zwei ü")).toEqual(tools[1]);
      const newer = await keep(kept, [tool("three")]);
      expect(await read(newer)).toEqual([tool("three")]);
      expect(await read(kept)).toBeUndefined();
    });

    test("a list lives as long as its session, and is erased with it", async () => {
      const { driver, store, first, second, keep, read } = await open(3, {}, "a", "b");
      const [used, unused] = [await keep(first, [tool("a")]), await keep(second, [tool("b")])];
      for (let round = 0; round < 3; round++) {
        await pause(1_300);
        await store.read(used.userId, used.sessionId);
      }
      expect(await read(used)).toEqual([tool("a")]);
      expect(await read(unused)).toBeUndefined();
      const changed = { ...used, v: used.v + 1, serverName: "Another name" };
      await store.commit({ previous: used, next: changed, events: [] });
      expect(await store.remove(changed, [])).toBe(true);
      expect(await storedTools(driver, used).read()).toBeUndefined();
    });

    test("a list is not stored for a session that is gone or was changed by another writer", async () => {
      const { driver, store, first, second, keep } = await open(60, {}, "a", "b");
      await store.remove(first, []);
      await keep(first, [tool("a")]);
      await keep({ ...second, v: 7 }, [tool("b")]);
      for (const record of [first, second]) expect(await storedTools(driver, record).read()).toBeUndefined();
    });

    test("the lists of a user have room for so many bytes, whichever sessions they belong to", async () => {
      const { store, first, second, keep, read } = await open(60, { toolListBytesPerUser: 30_000 }, "a", "b");
      const kept = await keep(first, [tool("large", noise(20_000))]);
      const refused = keep(second, [tool("large", noise(10_000))]);
      await expect(refused).rejects.toMatchObject({
        code: "LIMIT_EXCEEDED",
        hint: expect.stringContaining("Remove a connection"),
        retryable: false,
      });
      expect((await store.read(second.userId, second.sessionId))?.record).toEqual(second);
      // The list that it replaces does not count, and a list that is gone makes room.
      const smaller = await keep(kept, [tool("large", noise(19_000))]);
      await store.remove(smaller, []);
      expect(await read(await keep(second, [tool("large", "x")]))).toHaveLength(1);
      await expect(keep(second, [tool("large", noise(40_000))])).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
    });

    test("of lists that come at the same time, as many are stored as there is room for", async () => {
      const names = Array.from({ length: 12 }, (_, index) => `s${index}`);
      const { store, userId, keep } = await open(60, { toolListBytesPerUser: 50_000 }, ...names);
      const { sessions } = await store.list(userId);
      const kept = await Promise.allSettled(sessions.map((record) => keep(record, [tool("large", noise(10_000))])));
      expect(kept.filter(({ status }) => status === "fulfilled")).toHaveLength(4);
    });
  });
}
