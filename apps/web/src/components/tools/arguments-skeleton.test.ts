import { expect, test } from "vitest";
import { argumentsSkeleton } from "./arguments-skeleton";

const skeleton = (schema: Record<string, unknown>) => JSON.parse(argumentsSkeleton(schema));

test("required properties get the simplest value of their type, and optional ones are left out", () => {
  const properties = {
    title: { type: "string" },
    count: { type: "integer", minimum: 1 },
    ratio: { type: ["number", "null"] },
    done: { type: "boolean" },
    tags: { type: "array", items: { type: "string" } },
    optional: { type: "string" },
  };
  const required = ["title", "count", "ratio", "done", "tags"];
  expect(skeleton({ type: "object", properties, required })).toEqual({
    title: "",
    count: 1,
    ratio: 0,
    done: false,
    tags: [],
  });
});

test("a value that the schema suggests takes precedence over the simplest one", () => {
  const properties = {
    unit: { enum: ["celsius", "kelvin"] },
    zone: { type: "string", default: "UTC" },
    kind: { const: "note" },
    color: { anyOf: [{ type: "string", examples: ["red"] }, { type: "null" }] },
  };
  expect(skeleton({ type: "object", properties, required: Object.keys(properties) })).toEqual({
    unit: "celsius",
    zone: "UTC",
    kind: "note",
    color: "red",
  });
});

test("references are followed, and a circular one ends", () => {
  const schema = {
    type: "object",
    properties: { node: { $ref: "#/$defs/node" } },
    required: ["node"],
    $defs: { node: { type: "object", properties: { next: { $ref: "#/$defs/node" } }, required: ["next"] } },
  };
  expect(skeleton(schema)).toMatchObject({ node: { next: { next: {} } } });
});

test.each([{}, { type: "string" }, { properties: 7, required: "all" }, { $ref: "#/nowhere" }])(
  "a strange schema %j gives an empty object",
  (schema) => {
    expect(skeleton(schema)).toEqual({});
  },
);

test("a schema that refers to itself many times produces a text of limited length", () => {
  const names = Array.from({ length: 3_000 }, (_, at) => `p${at}`);
  const self = { $ref: "#/$defs/self" };
  const schema = { type: "object", required: names, properties: Object.fromEntries(names.map((name) => [name, self])) };
  const began = performance.now();
  expect(argumentsSkeleton({ ...schema, $defs: { self: schema } }).length).toBeLessThan(100_000);
  expect(performance.now() - began).toBeLessThan(1_000);
});

const huge = "x".repeat(6_000_000);
const deep = Array.from({ length: 60 }).reduce<unknown>((inner) => [inner], Array(20_000).fill(0));

test.each<[string, Record<string, unknown>, unknown]>([
  ["a default", { type: "string", default: huge }, ""],
  ["a constant", { const: huge }, null],
  ["an example", { type: "array", examples: [[huge]] }, []],
  ["the first of a list", { type: "string", enum: [huge, "short"] }, ""],
  ["a deeply nested default, which is long only when it is written out", { type: "array", default: deep }, []],
  ["a default of an object", { type: "object", default: { [huge]: 1 } }, {}],
])("%s that is too long to be edited is left out", (_what, property, expected) => {
  const text = argumentsSkeleton({ type: "object", properties: { value: property }, required: ["value"] });
  expect(JSON.parse(text)).toEqual({ value: expected });
});

test("many values and names that are short each are short together", () => {
  const names = Array.from({ length: 400 }, (_, index) => `${index} ${"n".repeat(1_000)}`);
  const properties = Object.fromEntries(names.map((name) => [name, { default: "v".repeat(1_000) }]));
  const text = argumentsSkeleton({ type: "object", properties, required: names });
  expect(text.length).toBeLessThan(30_000);
  expect(Object.keys(JSON.parse(text)).length).toBeGreaterThan(5);
});
