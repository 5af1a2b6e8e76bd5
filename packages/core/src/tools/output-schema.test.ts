import type { ToolInfo, ToolResult } from "@mcp-assistant/protocol";
import { hostileTools } from "@mcp-assistant/testing/servers";
import { expect, onTestFinished, test, vi } from "vitest";
import { someUser } from "../samples.fixture.js";
import { matchesOutputSchema as matches } from "./output-schema.js";

/** A user with nothing remembered and nothing spent. */
const matchesOutputSchema = (
  tool: ToolInfo,
  result: ToolResult,
  {
    user = someUser(),
    msPerMinute = 60_000,
    signal,
  }: { user?: string; msPerMinute?: number; signal?: AbortSignal } = {},
) => matches(tool, result, { user, msPerMinute }, signal);

/** With this keyword, which allows anything, a check has its time and its turn, like those of odd schemas. */
const timed = { propertyNames: {} };
const toolWith = (outputSchema: ToolInfo["outputSchema"]): ToolInfo => ({ name: "t", inputSchema: {}, outputSchema });
const given = (structuredContent: unknown) => ({ content: [], structuredContent });
const hostile = (name: string) => {
  const tool = hostileTools("http://127.0.0.1:9").find((candidate) => candidate.name === name);
  return toolWith(tool?.outputSchema as ToolInfo["outputSchema"]);
};

test("a result is checked against its tool's output schema", async () => {
  const tool = toolWith({ type: "object", properties: { sum: { type: "number" } }, required: ["sum"] });
  expect(await matchesOutputSchema(tool, given({ sum: 3 }))).toBe(true);
  expect(await matchesOutputSchema(tool, given({ sum: "3" }))).toBe(false);
  expect(await matchesOutputSchema(tool, { content: [] })).toBe(false);
  expect(await matchesOutputSchema(tool, { content: [], isError: true })).toBe(true);
  expect(await matchesOutputSchema(toolWith(undefined), { content: [] })).toBe(true);
});

test("a harmless pattern is enforced", async () => {
  const tool = toolWith({ type: "object", properties: { day: { type: "string", pattern: "^\\d{4}-\\d\\d$" } } });
  expect(await matchesOutputSchema(tool, given({ day: "2026-11" }))).toBe(true);
  expect(await matchesOutputSchema(tool, given({ day: "November" }))).toBe(false);
});

/** The longest a check may take (ms): its own limit, plus some slack for a busy machine. */
const maxCheckMs = 10_000;
/** How often a check may be tried on a busy machine. */
const maxAttempts = 8;

/** A value whose n-th read takes the n-th of `ms`. Meanwhile the thread sleeps, as on a busy machine. */
function slowly(value: unknown, ...ms: number[]) {
  const asleep = new Int32Array(new SharedArrayBuffer(4));
  const delays = [...ms];
  return {
    get sum() {
      Atomics.wait(asleep, 0, 0, delays.shift() ?? 0);
      return value;
    },
  };
}

test.each([[[80]], [[80, 150]], [[80, 150, 250]], [[80, 150, 250, 450]]])(
  "no wrong result passes on a busy machine: the process slept for %j ms",
  async (ms) => {
    const tool = toolWith({ ...timed, properties: { sum: { type: "number" } }, required: ["sum"] });
    expect(await matchesOutputSchema(tool, given(slowly("3", ...ms)))).toBe(false);
    expect(await matchesOutputSchema(tool, given(slowly(3, ...ms)))).toBe(true);
  },
);

test.each([
  ["CVE-2026-0621: a pattern that backtracks forever", "pattern", { text: `${"a".repeat(60)}!` }],
  ["definitions that multiply", "doubling", {}],
  ["comparing every item with every other", "comparing", { list: Array.from({ length: 300_000 }, (_, at) => at) }],
])("%s: the check ends in time, and the result is accepted as is", async (_what, name, content) => {
  const began = performance.now();
  expect(await matchesOutputSchema(hostile(name), given(content))).toBe(true);
  expect(performance.now() - began).toBeLessThan(maxCheckMs);
});

test.each([
  ["reference", { text: 1 }],
  ["no_dialect", {}],
])("a schema that cannot be checked (%s) is ignored", async (name, content) => {
  expect(await matchesOutputSchema(hostile(name), given(content))).toBe(true);
});

test.each([
  ["a malformed pattern", { properties: { a: { pattern: "(" } } }],
  ["a schema of more than 64 KiB", { type: "string", enum: Array.from({ length: 10_000 }, (_, at) => `x${at}`) }],
  ["a reference to itself", { $ref: "#" }],
])("%s is ignored", async (_what, outputSchema) => {
  expect(await matchesOutputSchema(toolWith(outputSchema), given({ a: "a" }))).toBe(true);
});

test("a check does not modify the schema", async () => {
  const schema = { type: "object", $defs: { a: {} }, properties: { a: { $ref: "#/$defs/a" } } };
  const before = structuredClone(schema);
  await matchesOutputSchema(toolWith(schema), given({ a: 1 }));
  expect(schema).toEqual(before);
  expect(Object.getOwnPropertyNames(schema)).toEqual(Object.getOwnPropertyNames(before));
});

/** Content that counts how often a check reads it. */
function counted(value: unknown) {
  let reads = 0;
  const content = {
    get text() {
      reads += 1;
      return value;
    },
  };
  return { content, reads: () => reads };
}

test.each([["one after the other"], ["at once"]])(
  "a schema that takes too long is tried once, and not at each of 600 calls (%s)",
  async (how) => {
    const [user, { content, reads }] = [someUser(), counted(`${"a".repeat(60)}!`)];
    const call = () => matchesOutputSchema(hostile("pattern"), given(content), { user });
    if (how === "at once") expect(await Promise.all(Array.from({ length: 600 }, call))).toEqual(Array(600).fill(true));
    else for (let count = 0; count < 600; count += 1) expect(await call()).toBe(true);
    expect(reads()).toBeGreaterThan(0);
    expect(reads()).toBeLessThanOrEqual(maxAttempts);
  },
);

test("a schema that cannot be read is remembered, too", async () => {
  const user = someUser();
  const tool = toolWith({ properties: { text: { pattern: "(" } } });
  const { content, reads } = counted("a");
  await matchesOutputSchema(tool, given(content), { user });
  const before = reads();
  for (let count = 0; count < 10; count += 1) await matchesOutputSchema(tool, given(content), { user });
  expect(reads()).toBe(before);
});

test("what one user's server does changes no check of another user's", async () => {
  const tool = toolWith({ properties: { text: { pattern: "^(a+)+$" } } });
  expect(await matchesOutputSchema(tool, given({ text: `${"a".repeat(60)}!` }), { user: someUser() })).toBe(true);
  expect(await matchesOutputSchema(tool, given({ text: "b" }), { user: someUser() })).toBe(false);
});

test("600 schemas that take too long cost a user's CPU time of a minute, and another user's checks go on", async () => {
  const [user, { content, reads }] = [someUser(), counted(`${"a".repeat(60)}!`)];
  for (let count = 0; count < 600; count += 1) {
    const tool = toolWith({ title: `${count}`, properties: { text: { pattern: "^(a+)+$" } } });
    expect(await matchesOutputSchema(tool, given(content), { user, msPerMinute: 200 })).toBe(true);
  }
  // 25 ms each, and one that begins before the time is used.
  expect(reads()).toBeLessThanOrEqual(200 / 20 + maxAttempts);
  const sum = toolWith({ ...timed, properties: { sum: { type: "number" } } });
  expect(await matchesOutputSchema(sum, given({ sum: "3" }), { user, msPerMinute: 200 })).toBe(true);
  expect(await matchesOutputSchema(sum, given({ sum: "3" }), { msPerMinute: 200 })).toBe(false);
});

test("1,000 schemas are remembered, and then the oldest is forgotten", async () => {
  const { content, reads } = counted("b");
  const user = someUser();
  const broken = (title: string) => toolWith({ title, properties: { text: { pattern: "(" } } });
  const call = (title: string) => matchesOutputSchema(broken(title), given(content), { user });
  await call("first");
  const once = reads();
  expect(once).toBeGreaterThan(0);
  for (let count = 0; count < 999; count += 1) await call(`${count}`);
  const all = reads();
  await call("first");
  expect(reads()).toBe(all);
  await call("another");
  await call("first");
  expect(reads()).toBe(all + 2 * once);
});

test("checks that take long have a turn of the event loop each, and users take turns", async () => {
  let [turns, isOver] = [0, false];
  const countTurns = () => {
    turns += 1;
    if (!isOver) setImmediate(countTurns);
  };
  const done: string[] = [];
  const check = async (user: string, outputSchema: ToolInfo["outputSchema"], text: string) => {
    const matched = await matchesOutputSchema(toolWith(outputSchema), given({ text }), { user });
    done.push(`${outputSchema?.title} ${matched}`);
  };
  const [eve, ada] = [someUser(), someUser()];
  const slow = Array.from({ length: 6 }, (_, count) =>
    check(eve, { title: `slow ${count}`, properties: { text: { pattern: "^(a+)+$" } } }, `${"a".repeat(60)}!`),
  );
  setImmediate(countTurns);
  await Promise.all([...slow, check(ada, { ...timed, title: "quick", properties: { text: { const: "b" } } }, "a")]);
  isOver = true;
  expect(done[0]).toBe("quick false");
  expect(turns).toBeGreaterThanOrEqual(slow.length);
});

test("after an attempt that takes long, a user's next one waits, and the event loop has many turns", async () => {
  let [turns, isOver] = [0, false];
  const turnsAtRead: number[] = [];
  const content = {
    get text() {
      turnsAtRead.push(turns);
      return `${"a".repeat(60)}!`;
    },
  };
  const countTurns = () => {
    turns += 1;
    if (!isOver) setImmediate(countTurns);
  };
  setImmediate(countTurns);
  const user = someUser();
  const slow = Array.from({ length: 3 }, (_, at) =>
    matchesOutputSchema(toolWith({ title: `${at}`, properties: { text: { pattern: "^(a+)+$" } } }), given(content), {
      user,
    }),
  );
  await Promise.all(slow);
  isOver = true;
  expect(turnsAtRead.length).toBeGreaterThan(3);
  const between = turnsAtRead.slice(1).map((at, index) => at - (turnsAtRead[index] ?? 0));
  expect(Math.min(...between)).toBeGreaterThan(3);
});

test("quick checks let the event loop have its turn when they have taken long together", async () => {
  const tool = toolWith({ ...timed, properties: { sum: { type: "number" } } });
  let [now, inTurn, most, isOver] = [performance.now(), 0, 0, false];
  const clock = vi.spyOn(performance, "now").mockImplementation(() => now);
  onTestFinished(() => clock.mockRestore());
  const takesMs = 0.9;
  const content = {
    get sum() {
      now += takesMs;
      inTurn += 1;
      most = Math.max(most, inTurn);
      return 3;
    },
  };
  const countTurns = () => {
    inTurn = 0;
    if (!isOver) setImmediate(countTurns);
  };
  const checks = Array.from({ length: 400 }, () => matchesOutputSchema(tool, given(content)));
  setImmediate(countTurns);
  expect(new Set(await Promise.all(checks))).toEqual(new Set([true]));
  isOver = true;
  // Up to 5 ms, and the one that begins before.
  expect(most * takesMs).toBeLessThan(7);
});

test.each([
  ["one schema", () => "same"],
  ["a schema each", (at: number) => `${at}`],
])("checks of a caller who has gone neither wait nor begin, and nothing is remembered: %s", async (_what, titleOf) => {
  const [user, { content, reads }, controller] = [someUser(), counted("a"), new AbortController()];
  const tool = (at: number) => toolWith({ ...timed, title: titleOf(at), properties: { text: { const: "b" } } });
  const first = matchesOutputSchema(tool(0), given(slowly(3, 10)), { user });
  const { signal } = controller;
  const gone = Array.from({ length: 5 }, (_, at) => matchesOutputSchema(tool(at), given(content), { user, signal }));
  controller.abort();
  for (const { status, reason } of (await Promise.allSettled(gone)) as PromiseRejectedResult[]) {
    expect([status, reason?.code]).toEqual(["rejected", "CANCELLED"]);
  }
  await first;
  expect(reads()).toBe(0);
  expect(await matchesOutputSchema(tool(0), given(content), { user })).toBe(false);
});
