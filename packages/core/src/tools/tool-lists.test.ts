import type { ToolInfo } from "@mcp-assistant/protocol";
import { expect, test, vi } from "vitest";
import { type Limits, resolveLimits } from "../limits.js";
import { noSessionLimit, someRecord, storedTools, storeTools } from "../samples.fixture.js";
import { SessionStore } from "../session/session-store.js";
import { MemoryDriver } from "../storage/memory/driver.js";
import { sharedValue } from "../values/stored-value.js";
import { ByteCache } from "./byte-cache.js";
import { ToolLists } from "./tool-lists.js";

const tool = (name: string, description = ""): ToolInfo => ({ name, description, inputSchema: { type: "object" } });

/** A process of its own on the driver, with a stored session. */
async function open(limits: Partial<Limits> = {}, driver = new MemoryDriver()) {
  const store = new SessionStore(driver, 60);
  const process = () =>
    new ToolLists(driver, { ttl: 60, limits: resolveLimits(limits), cache: new ByteCache(2 ** 20) });
  const lists = process();
  const record = someRecord();
  await store.create(record, [], noSessionLimit);
  const keep = (tools: ToolInfo[], before = record) => storeTools({ store, lists }, before, tools);
  const readPart = vi.spyOn(driver, "readPart");
  return { driver, store, process, lists, record, keep, readPart };
}

test("a new list reports how it differs from the previous one, and can be read by its hash", async () => {
  const { lists, record, keep } = await open();
  const { discovered } = await lists.discover(record, [tool("add"), tool("search")]);
  expect(discovered).toEqual({ hash: expect.any(String), count: 2, added: ["add", "search"], removed: [] });
  const first = await keep([tool("add"), tool("search")]);
  const next = [tool("search"), tool("delete")];
  expect(await lists.discover(first, next)).toMatchObject({
    discovered: { count: 2, added: ["delete"], removed: ["add"] },
    toolList: { text: expect.any(String) },
  });
  const second = await keep(next, first);
  expect(await lists.get(second, second.tools?.hash ?? "")).toEqual(next);
});

test("a list that the session has already is not stored again, and one that is gone is", async () => {
  const { driver, lists, keep, process } = await open();
  const record = await keep([tool("add")]);
  expect(await lists.discover(record, [tool("add")])).toEqual({
    discovered: { hash: record.tools?.hash, count: 1, added: [], removed: [] },
  });
  await storedTools(driver, record).erase();
  expect(await process().discover(record, [tool("add")])).toMatchObject({
    discovered: { added: ["add"], removed: [] },
    toolList: { text: expect.any(String) },
  });
});

test.each<[string, ToolInfo[]]>([
  ["none", []],
  ["one", [tool("add")]],
  ["10 000 short ones", Array.from({ length: 10_000 }, (_, index) => tool(`${index}`))],
  ["one of 4 MiB", [tool("long", "x".repeat(2 ** 22))]],
  ["names and texts of all scripts", [tool("खोजें", '👩‍💻 \u0000 \\ " café'), tool("a b", "\ud800")]],
])("a list with %s is read as it was written, whole and tool by tool", async (_what, tools) => {
  const { keep, process } = await open({ toolListBytes: 2 ** 23 });
  const record = await keep(tools);
  const hash = record.tools?.hash ?? "";
  expect(await process().get(record, hash)).toEqual(JSON.parse(JSON.stringify(tools)));
  const other = process();
  for (const each of tools.slice(-3)) expect((await other.find(record, hash, each.name))?.name).toBe(each.name);
  expect(await other.find(record, hash, "no such tool")).toBeUndefined();
});

test("a call reads the index and one tool of a long list, and after that nothing", async () => {
  const { keep, process, readPart } = await open();
  const random = () => Array.from({ length: 100 }, () => Math.random()).join();
  const record = await keep(Array.from({ length: 200 }, (_, index) => tool(`tool-${index}`, random())));
  const [hash, lists] = [record.tools?.hash ?? "", process()];
  expect(await lists.find(record, hash, "tool-150")).toMatchObject({ name: "tool-150" });
  const read = await Promise.all(readPart.mock.results.map(({ value }) => value));
  const bytes = read.reduce((sum, text) => sum + (text?.length ?? 0), 0);
  expect(bytes).toBeLessThan(24_000);
  readPart.mockClear();
  await lists.find(record, hash, "tool-150");
  expect(readPart).not.toHaveBeenCalled();
  await lists.find(record, hash, "tool-151");
  expect(readPart).toHaveBeenCalledTimes(1);
});

test("users who have the same tools share what was read, and no one can change it", async () => {
  const { driver, keep, store, lists, readPart } = await open();
  const [one, other] = [await keep([tool("add")]), someRecord()];
  await store.create(other, [], noSessionLimit);
  const same = await storeTools({ store, lists }, other, [tool("add")]);
  const hash = one.tools?.hash ?? "";
  expect(same.tools?.hash).toBe(hash);
  const tools = await lists.get(one, hash);
  readPart.mockClear();
  await storedTools(driver, same).erase();
  expect(await lists.get(same, hash)).toEqual(tools);
  expect(readPart).not.toHaveBeenCalled();
  expect(() => Object.assign(tools?.[0]?.inputSchema ?? {}, { type: "array" })).toThrow(TypeError);
  tools?.pop();
  expect(await lists.get(same, hash)).toHaveLength(1);
});

test("a list that is much larger as we write it than as the server sent it is refused before it is stored", async () => {
  const { lists, record } = await open();
  const wire = `[{"name":"add","inputSchema":{"type":"object","enum":[${"1e20,".repeat(800_000)}0]}}]`;
  expect(wire.length).toBeLessThan(2 ** 22);
  const refused = lists.discover(record, JSON.parse(wire));
  await expect(refused).rejects.toMatchObject({
    code: "LIMIT_EXCEEDED",
    message: expect.stringContaining("too large"),
  });
});

test("an event names the first tools that were added and removed, and counts the rest", async () => {
  const { lists, keep } = await open();
  const named = (kind: string) =>
    Array.from({ length: 1_000 }, (_, index) => tool(`${kind}-${"é".repeat(50)}-${index}`));
  const { discovered } = await lists.discover(await keep(named("old")), named("new"));
  expect(discovered).toMatchObject({ count: 1_000, addedCount: 1_000, removedCount: 1_000 });
  expect(discovered.added[0]).toBe(named("new")[0]?.name);
  expect(Buffer.byteLength(JSON.stringify(discovered))).toBeLessThan(4_400);
});

test("a list that an earlier version stored for all users is still read, until the next listing", async () => {
  const { driver, process, store, record } = await open();
  const tools = [tool("add"), tool("search")];
  // The same hash, so that a page does not take the list for another one.
  const { discovered, toolList } = await process().discover(record, tools);
  await sharedValue(driver, "tool-list", discovered.hash).write(JSON.stringify(tools), 60);
  const old = { ...record, v: 2, tools: { hash: discovered.hash, count: 2, listedAt: null } };
  await store.commit({ previous: record, next: old, events: [] });
  expect(await process().get(old, discovered.hash)).toEqual(tools);
  expect(await process().find(old, discovered.hash, "search")).toEqual(tools[1]);
  const listed = await process().discover(old, tools);
  expect(listed).toEqual({ discovered: { ...discovered, added: [], removed: [] }, toolList });
});
