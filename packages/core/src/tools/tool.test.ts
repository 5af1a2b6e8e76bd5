import type { ToolInfo } from "@mcp-assistant/protocol";
import { hostileText, hostileTools, unshowableNames } from "@mcp-assistant/testing/servers";
import type { Tool } from "@modelcontextprotocol/client";
import { expect, test } from "vitest";
import { toToolInfo, toToolInfos, toToolResult } from "./tool.js";

const inputSchema = { type: "object" as const };
const tool = (changes: Partial<Tool>): Tool => ({ name: "tool", inputSchema, ...changes });

/** A tool as we pass it on. */
function shown(listed: unknown): ToolInfo {
  const info = toToolInfo(listed);
  if (!info) throw new Error("It is not a tool");
  return info;
}

const unseen = /\p{Cf}|\p{Cs}|\p{Co}|[^\P{Cc}\t\n]/u;
const nothingUnseen = { asymmetricMatch: (text: unknown) => typeof text === "string" && !unseen.test(text) };

test("tools whose names cannot be displayed are left out", () => {
  const { tools, leftOut } = toToolInfos(
    unshowableNames.map((name) => tool({ name })),
    "legacy",
  );
  expect(tools).toEqual([]);
  expect(leftOut).toBe(unshowableNames.length);
});

test.each(["search_notes", "a.b/c-D9", "x".repeat(128), "Suche nach Wörtern", "ns:tool", "検索", "__proto__", "<b>"])(
  "a tool may be called %s",
  (name) => {
    expect(toToolInfos([tool({ name })], "legacy")).toEqual({ tools: [{ name, inputSchema }], leftOut: 0 });
  },
);

test("of several tools with the same name, the first is kept: a call names its tool", () => {
  const twins = [tool({ description: "first" }), tool({ description: "second" }), tool({ name: "other" })];
  const { tools, leftOut } = toToolInfos(twins, "legacy");
  expect(tools.map(({ name, description }) => [name, description])).toEqual([
    ["tool", "first"],
    ["other", undefined],
  ]);
  expect(leftOut).toBe(1);
});

test("hostile text stays text: markup is kept as is, invisible characters are removed", () => {
  const { title, description, annotations } = shown(
    tool({ title: hostileText, description: `${hostileText}\n\tnext`, annotations: { title: hostileText } }),
  );
  for (const text of [title, description, annotations?.title]) {
    expect(text).toEqual(nothingUnseen);
    expect(text).toContain('<img src=x onerror="window.hacked=1">');
    expect(text).toContain("gpj.exeignore");
  }
  expect(description).toMatch(/\n\tnext$/);
  expect(title).not.toContain("\n");
});

test("a title without visible characters is left out", () => {
  const { title, annotations } = shown(
    tool({ title: "\u200b", annotations: { title: "\u0000 ", readOnlyHint: true } }),
  );
  expect([title, annotations?.title, annotations?.readOnlyHint]).toEqual([undefined, undefined, true]);
});

test("titles and descriptions are shortened, never in the middle of a character", () => {
  const cut = shown(tool({ title: "😀".repeat(10_000), description: "😀".repeat(5_000_000) }));
  expect(cut.title?.length).toBeLessThanOrEqual(200);
  expect(cut.description?.length).toBeLessThanOrEqual(8_192);
  expect(cut.title).toMatch(/^(😀)+…$/u);
  expect(cut.description).toMatch(/^(😀)+…$/u);
});

test("titles and descriptions inside schemas are safe to show, values such as enum stay unchanged", () => {
  const text = { title: hostileText, description: hostileText, enum: [hostileText] };
  const { inputSchema: input, outputSchema } = shown(
    tool({
      inputSchema: { ...inputSchema, properties: { text } },
      outputSchema: { ...inputSchema, items: [{ description: hostileText }] },
    }),
  );
  expect(input).toMatchObject({ properties: { text: { enum: [hostileText] } } });
  const { properties } = input as { properties: { text: typeof text } };
  expect([properties.text.title, properties.text.description]).toEqual([nothingUnseen, nothingUnseen]);
  expect(outputSchema).toMatchObject({ items: [{ description: nothingUnseen }] });
});

test("names such as __proto__ and constructor change no object's prototype", () => {
  const hostile = JSON.parse(
    '{"name":"t","inputSchema":{"type":"object","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}',
  );
  const info = shown(hostile);
  const result = toToolResult(
    JSON.parse(
      '{"content":[{"type":"text","__proto__":{"polluted":1}}],"structuredContent":{"__proto__":{"polluted":1}}}',
    ),
  );
  expect(info).not.toHaveProperty("polluted");
  expect(info.inputSchema).not.toHaveProperty("polluted");
  expect(result?.content[0]).not.toHaveProperty("polluted");
  expect(Object.prototype).not.toHaveProperty("polluted");
  expect(Object.getPrototypeOf(info.inputSchema)).toBe(Object.prototype);
});

test("texts inside annotations are safe to show; _meta, icons and execution are kept unchanged as data", () => {
  const data = { title: hostileText, description: hostileText };
  const icons = [{ src: "https://a.example/\u202eicon.png" }];
  const { annotations, ...info } = shown({
    ...tool({}),
    annotations: { "x-hint": data },
    _meta: data,
    icons,
    execution: data,
  });
  expect(annotations).toEqual({ "x-hint": { title: nothingUnseen, description: nothingUnseen } });
  expect(info).toEqual({ ...tool({}), _meta: data, icons, execution: data });
});

test("an entry that is not a tool is left out and does not hide the others", () => {
  const odd = [null, "tool", [], {}, { name: 1 }, { name: "a", inputSchema: "any" }, { inputSchema }];
  expect(toToolInfos([...odd, tool({})], "modern")).toEqual({ tools: [tool({})], leftOut: odd.length });
});

test.each([[{ name: "tool" }], [{ name: "tool", inputSchema: null }]])(
  "a tool without an input schema accepts any arguments: %j",
  (listed) => {
    expect(toToolInfos([listed], "modern").tools).toEqual([tool({})]);
  },
);

test.each([
  [{ content: [] }, { content: [] }],
  [
    { content: null, structuredContent: { a: 1 } },
    { content: [], structuredContent: { a: 1 } },
  ],
  [{ structuredContent: [1] }, { content: [], structuredContent: [1] }],
  [
    { content: [{ type: "unknown", value: { type: "text", text: "a" } }] },
    { content: [{ type: "unknown", value: { type: "unknown", value: { type: "text", text: "a" } } }] },
  ],
  [
    { content: ["a"], isError: "yes", _meta: { a: null } },
    { content: [{ type: "unknown", value: "a" }], _meta: { a: null } },
  ],
])("the server's answer %j becomes %j", (answer, result) => {
  expect(toToolResult(answer)).toEqual(result);
});

test.each([[{}], [{ content: "a" }], [{ content: null, structuredContent: null }], [{ content: { type: "text" } }]])(
  "%j is not a tool result",
  (answer) => {
    expect(toToolResult(answer)).toBeUndefined();
  },
);

test("an entirely hostile list is safe to show", () => {
  const list = hostileTools("http://127.0.0.1:9").map((hostile) => tool(hostile));
  const { tools, leftOut } = toToolInfos(list, "modern");
  expect(leftOut).toBe(0);
  expect(tools).toHaveLength(list.length);
  for (const { title = "", description = "" } of tools) {
    expect(title).toEqual(nothingUnseen);
    expect(description).toEqual(nothingUnseen);
  }
});

const header = (schema: object) =>
  tool({ inputSchema: JSON.parse(JSON.stringify({ type: "object", properties: { a: schema } })) });
const manyMirrored = {
  type: "object" as const,
  properties: Object.fromEntries(
    Array.from({ length: 500 }, (_, at) => [`${at}`, { type: "string", "x-mcp-header": `X-${at}` }]),
  ),
};
const mirrored = { type: "string", "x-mcp-header": "X-A" };

test.each([
  ["a string", header(mirrored)],
  ["deep in properties", header({ type: "object", properties: { b: mirrored } })],
  ["an argument with the same name as the keyword", header({ type: "object", properties: { "x-mcp-header": {} } })],
  ["the keyword inside plain data", header({ default: mirrored, enum: [mirrored] })],
])("a tool of the modern era may mirror an argument in a header: %s", (_what, wanting) => {
  expect(toToolInfos([wanting], "modern").leftOut).toBe(0);
});

test.each([
  ["for a number", header({ type: "number", "x-mcp-header": "X-A" })],
  ["without a type", header({ "x-mcp-header": "X-A" })],
  ["with no name", header({ type: "string", "x-mcp-header": "" })],
  ["with a line end in its name", header({ type: "string", "x-mcp-header": "X-A\r\nCookie: a" })],
  ["with a name that is not a string", header({ type: "string", "x-mcp-header": 1 })],
  ["for the whole arguments object", tool({ inputSchema: { type: "object", "x-mcp-header": "X-A" } })],
  ["in a list", header({ type: "array", items: mirrored })],
  ["in a choice", header({ anyOf: [mirrored] })],
  ["for each of more arguments than a server reads headers", tool({ inputSchema: manyMirrored })],
  ["in a definition", tool({ inputSchema: { type: "object", $defs: { a: mirrored } } })],
  [
    "twice",
    tool({ inputSchema: { type: "object", properties: { a: mirrored, b: { ...mirrored, "x-mcp-header": "x-a" } } } }),
  ],
])(
  "a header %s: the tool is left out in the modern era, and kept in the legacy era, which has no such headers",
  (_what, wanting) => {
    expect(toToolInfos([wanting], "modern")).toEqual({ tools: [], leftOut: 1 });
    expect(toToolInfos([wanting], "legacy").leftOut).toBe(0);
  },
);
