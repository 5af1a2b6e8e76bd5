import { expect, test } from "vitest";
import { blockOfServer, contentBlockSchema, toolResultSchema } from "./tool-result.js";

const annotations = { audience: ["user"], priority: 0.5, lastModified: "2026-11-29T11:00:00Z" };
const _meta = { "app.example/card": { id: null } };

test.each([
  { type: "text", text: "Hello", annotations, _meta },
  { type: "image", data: "aGVsbG8=", mimeType: "image/png", annotations, _meta },
  { type: "audio", data: "aGVsbG8=", mimeType: "audio/wav" },
  { type: "resource_link", uri: "file:///a", name: "a", size: 3, icons: [{ src: "https://a.example/i.png" }], _meta },
  { type: "resource", resource: { uri: "file:///a", text: "Hello", mimeType: "text/plain", _meta }, annotations },
  { type: "resource", resource: { uri: "file:///a", blob: "aGVsbG8=" } },
  { type: "text", text: "Hello", "x-of-tomorrow": [1] },
])("a valid MCP block stays unchanged: $type", (block) => {
  expect(blockOfServer(block)).toStrictEqual(block);
  expect(contentBlockSchema.parse(block)).toStrictEqual(block);
});

test("null counts as absent, except in _meta", () => {
  const block = {
    type: "text",
    text: "Hello",
    annotations: { priority: null, audience: ["user"] },
    _meta,
    title: null,
  };
  expect(blockOfServer(block)).toStrictEqual({
    type: "text",
    text: "Hello",
    annotations: { audience: ["user"] },
    _meta,
  });
  const resource = { uri: "file:///a", text: "Hello", mimeType: null };
  expect(blockOfServer({ type: "resource", resource, annotations: null })).toStrictEqual({
    type: "resource",
    resource: { uri: "file:///a", text: "Hello" },
  });
});

const odd = [
  ["of an unknown type", { type: "hologram", data: [1, null], _meta: {} }],
  ["without a type", { text: "Hello" }],
  ["whose text is a number", { type: "text", text: 1 }],
  ["with an image without a media type", { type: "image", data: "aGVsbG8=" }],
  ["with a resource without text or blob", { type: "resource", resource: { uri: "file:///a" } }],
  ["with malformed annotations", { type: "text", text: "Hello", annotations: "loud" }],
  ["that is null", null],
  ["that is a string", "Hello"],
  ["that is a list", [{ type: "text", text: "Hello" }]],
  ["that calls itself unknown", { type: "unknown", value: { type: "text", text: "Hello" } }],
  ["that calls itself unknown, twice", { type: "unknown", value: { type: "unknown", value: 1 } }],
  ["that calls itself unknown, with extra members", { type: "unknown", value: 1, text: "Hello" }],
] as const;

test.each(odd)("a block %s arrives unchanged as unknown", (_what, block) => {
  expect(blockOfServer(block)).toStrictEqual({ type: "unknown", value: block });
});

test("parsing a parsed result again changes nothing", () => {
  const content = [...odd.map(([, block]) => blockOfServer(block)), blockOfServer({ type: "text", text: "Hello" })];
  const once = toolResultSchema.parse({ content, isError: true, structuredContent: null, _meta });
  expect(once).toStrictEqual({ content, isError: true, structuredContent: null, _meta });
  expect(toolResultSchema.parse(JSON.parse(JSON.stringify(once)))).toStrictEqual(once);
});

test("the type of a block narrows its other members", () => {
  const texts = [{ type: "text", text: "Hello" }, { type: "hologram" }].map(blockOfServer).map((block) => {
    if (block.type === "text") return block.text;
    return block.type === "unknown" ? block.value : block.type;
  });
  expect(texts).toEqual(["Hello", { type: "hologram" }]);
});
