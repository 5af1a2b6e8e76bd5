import type { ToolInfo } from "@mcp-assistant/protocol";
import { hostileTools } from "@mcp-assistant/testing/servers";
import { expect, test } from "vitest";
import { keepsPromise } from "./output-schema.js";

const promising = (outputSchema: ToolInfo["outputSchema"]): ToolInfo => ({ name: "t", inputSchema: {}, outputSchema });
const given = (structuredContent: unknown) => ({ content: [], structuredContent });
const hostile = (name: string) => {
  const tool = hostileTools("http://127.0.0.1:9").find((candidate) => candidate.name === name);
  return promising(tool?.outputSchema as ToolInfo["outputSchema"]);
};

test("a result is compared with what its tool promised", () => {
  const tool = promising({ type: "object", properties: { sum: { type: "number" } }, required: ["sum"] });
  expect(keepsPromise(tool, given({ sum: 3 }))).toBe(true);
  expect(keepsPromise(tool, given({ sum: "3" }))).toBe(false);
  expect(keepsPromise(tool, { content: [] })).toBe(false);
  expect(keepsPromise(tool, { content: [], isError: true })).toBe(true);
  expect(keepsPromise(promising(undefined), { content: [] })).toBe(true);
});

test("an honest pattern counts", () => {
  const tool = promising({ type: "object", properties: { day: { type: "string", pattern: "^\\d{4}-\\d\\d$" } } });
  expect(keepsPromise(tool, given({ day: "2026-11" }))).toBe(true);
  expect(keepsPromise(tool, given({ day: "November" }))).toBe(false);
});

/** The longest (ms) that a check may take: its own limit, and some for a busy machine. */
const patience = 1_000;

/** A value that takes `ms` to look at, for as many looks as there are. The thread sleeps, as one does on a busy machine. */
function slowly(value: unknown, ...ms: number[]) {
  const asleep = new Int32Array(new SharedArrayBuffer(4));
  const looks = [...ms];
  return {
    get sum() {
      Atomics.wait(asleep, 0, 0, looks.shift() ?? 0);
      return value;
    },
  };
}

test.each([[[80]], [[80, 150]], [[80, 150, 250]], [[80, 150, 250, 450]]])(
  "a busy machine lets no wrong result pass: the process slept for %j ms",
  (ms) => {
    const tool = promising({ type: "object", properties: { sum: { type: "number" } }, required: ["sum"] });
    expect(keepsPromise(tool, given(slowly("3", ...ms)))).toBe(false);
    expect(keepsPromise(tool, given(slowly(3, ...ms)))).toBe(true);
  },
);

test.each([
  ["CVE-2026-0621: a pattern that backtracks without end", "pattern", { text: `${"a".repeat(60)}!` }],
  ["definitions that multiply", "doubling", {}],
  ["comparisons of each with each", "comparing", { list: Array.from({ length: 300_000 }, (_, at) => at) }],
])("%s: the check ends in time, and the result is taken as it is", (_what, name, content) => {
  const began = performance.now();
  expect(keepsPromise(hostile(name), given(content))).toBe(true);
  expect(performance.now() - began).toBeLessThan(patience);
});

test.each([
  ["reference", { text: 1 }],
  ["no_dialect", {}],
])("a schema that cannot be checked here (%s) binds nobody", (name, content) => {
  expect(keepsPromise(hostile(name), given(content))).toBe(true);
});

test.each([
  ["a pattern that is none", { properties: { a: { pattern: "(" } } }],
  ["a schema of more than 64 KiB", { type: "string", enum: Array.from({ length: 10_000 }, (_, at) => `x${at}`) }],
  ["a reference to itself", { $ref: "#" }],
])("%s binds nobody", (_what, outputSchema) => {
  expect(keepsPromise(promising(outputSchema), given({ a: "a" }))).toBe(true);
});

test("a check leaves the schema as it was", () => {
  const schema = { type: "object", $defs: { a: {} }, properties: { a: { $ref: "#/$defs/a" } } };
  const before = structuredClone(schema);
  keepsPromise(promising(schema), given({ a: 1 }));
  expect(schema).toEqual(before);
  expect(Object.getOwnPropertyNames(schema)).toEqual(Object.getOwnPropertyNames(before));
});
