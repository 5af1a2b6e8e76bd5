import { randomBytes } from "node:crypto";
import type { ToolInfo, ToolResult } from "@mcp-assistant/protocol";
import { afterEach, expect, test, vi } from "vitest";
import { resolveLimits } from "../limits.js";
import { noSessionLimit, someRecord, storeTools } from "../samples.fixture.js";
import type { SessionRecord } from "../session/session-record.js";
import { SessionStore } from "../session/session-store.js";
import { MemoryDriver } from "../storage/memory/driver.js";
import { ByteCache } from "./byte-cache.js";
import { matchesOutputSchema } from "./output-schema.js";
import { toSdkTool } from "./tool.js";
import { ToolLists } from "./tool-lists.js";

afterEach(() => void vi.restoreAllMocks());

/** 3.9 MiB of JSON: one text, or 50 000 short members. */
const text = randomBytes(3.9 * 2 ** 19).toString("hex");
const members = Object.fromEntries(Array.from({ length: 50_000 }, (_, at) => [`${"x".repeat(60)}${at}`, {}]));

const mirrored = { type: "string", "x-mcp-header": "X-A" };
const tool = (changes: Partial<ToolInfo>): ToolInfo => ({
  name: "large",
  inputSchema: { type: "object", properties: { a: mirrored } },
  outputSchema: { type: "object", properties: { sum: { type: "number" } } },
  ...changes,
});

/** Two users with a session each that has this tool among others, and another process, which calls it. */
async function open(large: ToolInfo, { cacheBytes = 2 ** 25, otherTools = 3 } = {}) {
  const driver = new MemoryDriver();
  const store = new SessionStore(driver, 60);
  const process = (cache = new ByteCache(cacheBytes)) =>
    new ToolLists(driver, { ttl: 60, limits: resolveLimits({ toolListBytes: 2 ** 23 }), cache });
  const others = Array.from({ length: otherTools }, (_, at) => ({ ...tool({}), name: `${at}` }));
  const records: SessionRecord[] = [];
  for (const changes of [{}, {}]) {
    const created = someRecord(changes);
    await store.create(created, [], noSessionLimit);
    records.push(await storeTools({ store, lists: process() }, created, [large, ...others]));
  }
  const lists = process();
  /** What the process parses and writes out of JSON meanwhile, in characters. */
  const [parse, stringify] = [vi.spyOn(JSON, "parse"), vi.spyOn(JSON, "stringify")];
  const characters = () => ({
    parsed: parse.mock.calls.reduce((sum, [json]) => sum + json.length, 0),
    written: stringify.mock.results.reduce((sum, { value }) => sum + (String(value).length ?? 0), 0),
  });
  /** A call, as far as the tool matters. Returns what the SDK gets and whether a result is accepted. */
  const call = async (count: number, result: Partial<ToolResult> = { structuredContent: { sum: 3 } }) => {
    const record = records[count % 2];
    if (!record) throw new Error("unreachable");
    const found = await lists.find(record, record.tools?.hash ?? "", "large");
    if (!found) throw new Error("The tool is gone");
    const checker = { user: record.userId, msPerMinute: 60_000 };
    const accepted = await matchesOutputSchema(found, { content: [], ...result }, checker);
    return { inputSchema: toSdkTool(found).inputSchema, accepted };
  };
  return { lists, records, call, characters };
}

const kinds: [string, ToolInfo][] = [
  ["a text beside its schemas", tool({ _meta: { text } })],
  ["a text in its input schema", tool({ inputSchema: { properties: { a: mirrored, b: { default: text } } } })],
  ["50 000 arguments", tool({ inputSchema: { properties: { ...members, a: mirrored } } })],
  ["a text in its output schema", tool({ outputSchema: { type: "object", default: text } })],
  ["50 000 members in its output schema", tool({ outputSchema: { type: "object", properties: members } })],
];

test.each(kinds)("100 calls of two users read little of a tool of 3.9 MiB with %s", async (_what, large) => {
  const { lists, records, call, characters } = await open(large, { otherTools: 10 });
  const calls = async () => {
    const before = characters();
    for (let count = 0; count < 100; count += 1) {
      const inputSchema = { type: "object", properties: { a: mirrored } };
      expect(await call(count)).toEqual({ inputSchema, accepted: true });
    }
    const { parsed, written } = characters();
    return { parsed: parsed - before.parsed, written: written - before.written };
  };
  const ofTool = await calls();
  expect(ofTool.parsed).toBeLessThan(10_000);
  expect(ofTool.written).toBeLessThan(100_000);
  for (const record of records) await lists.get(record, record.tools?.hash ?? "");
  const ofList = await calls();
  expect(ofList.parsed).toBeLessThan(10_000);
  // The output schema is written out once, to see how long it is.
  expect(ofList.written).toBeLessThan(1.1 * 2 ** 22);
});

test("where nothing can be kept, a call reads 64 KiB of a tool at most, and its output schema", async () => {
  const dense = { type: "object", enum: Array.from({ length: 20_000 }, () => ({})) };
  const { call, characters } = await open(tool({ _meta: { text }, outputSchema: dense }), { cacheBytes: 0 });
  for (let count = 0; count < 10; count += 1) await call(count);
  expect(characters().parsed).toBeLessThan(10 * 70_000);
});

test("a large tool's results are still checked, and need structured content", async () => {
  const { call } = await open(tool({ _meta: { text } }));
  expect(await call(0, { structuredContent: { sum: "3" } })).toMatchObject({ accepted: false });
  expect(await call(0, {})).toMatchObject({ accepted: false });
  const { call: callOfLongSchema } = await open(tool({ outputSchema: { type: "object", default: text } }));
  expect(await callOfLongSchema(0, { structuredContent: "no object" })).toMatchObject({ accepted: true });
  expect(await callOfLongSchema(0, {})).toMatchObject({ accepted: false });
});

test("a list is read as it was written, with what calls need beside it", async () => {
  const large = tool({ _meta: { text } });
  const { lists, records } = await open(large, { otherTools: 3 });
  const [record = someRecord()] = records;
  const read = await lists.get(record, record.tools?.hash ?? "");
  expect(read?.length).toBe(4);
  expect(read?.[0]).toEqual(large);
  expect(read?.[3]).toEqual({ ...tool({}), name: "2" });
});
