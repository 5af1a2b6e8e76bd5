import { CfWorkerJsonSchemaValidator } from "@modelcontextprotocol/client/validators/cf-worker";
import fc from "fast-check";
import { expect, test } from "vitest";
import { someUser } from "../samples.fixture.js";
import { matchesOutputSchema } from "./output-schema.js";
import { plainCheckOf } from "./plain-schema.js";

const note = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  properties: {
    id: { type: "string", minLength: 1, description: "Its name" },
    kind: { enum: ["short", "long"] },
    tags: { type: "array", items: { type: "string" }, maxItems: 3 },
  },
  required: ["id"],
  additionalProperties: false,
};

test.each([
  [{ id: "a" }, true],
  [{ id: "a", kind: "long", tags: ["b", "c"] }, true],
  [{ id: "" }, false],
  [{ id: 1 }, false],
  [{}, false],
  [{ id: "a", kind: "other" }, false],
  [{ id: "a", tags: [1] }, false],
  [{ id: "a", tags: ["b", "c", "d", "e"] }, false],
  [{ id: "a", more: 1 }, false],
  ["a", false],
])("a plain schema decides on %j: %s", (value, isMatch) => {
  expect(plainCheckOf(note)?.(value)).toBe(isMatch);
});

test.each([
  ["a pattern", { properties: { a: { pattern: "^(a+)+$" } } }],
  ["patterns of names", { patternProperties: { "^a": {} } }],
  ["a format", { items: { format: "date-time" } }],
  ["a reference", { $ref: "#" }],
  ["alternatives", { items: { anyOf: [{}, {}] } }],
  ["a condition", { if: {}, else: {} }],
  ["comparing members with each other", { uniqueItems: true }],
  ["comparing with a whole document", { const: { a: 1 } }],
  ["comparing with long texts", { enum: ["x".repeat(100)] }],
  ["items by their place", { prefixItems: [{}] }],
  ["another dialect", { $schema: "https://example.com/dialect" }],
  ["a keyword of its own", { "x-check": true }],
  ["too many subschemas", { properties: Object.fromEntries(Array.from({ length: 10_001 }, (_, at) => [at, {}])) }],
  ["no schema", { items: null }],
])("a schema with %s is not plain", (_what, schema) => {
  expect(plainCheckOf(schema)).toBeNull();
});

const keywords = {
  numbers: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"],
  sizes: ["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"],
  others: ["type", "required", "properties", "items", "additionalProperties", "enum", "const", "$schema"],
};
const notes = ["title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"];
const oddValues = [null, true, 5, "5", {}, { a: null }, [], [5], [null], [{}], ["a", null], ["string", 5]];
const members = [null, true, 5, "text", [], [1], {}, { a: 1 }];

test.each([...Object.values(keywords).flat(), ...notes])(
  "with an odd value of %s, a plain check does not fail",
  (keyword) => {
    const schemas = oddValues.map((odd) => ({ [keyword]: odd }));
    for (const schema of schemas.flatMap((each) => [each, { properties: { a: each } }, { items: each }])) {
      for (const value of members.flatMap((member) => [member, { a: member }, [member]])) {
        const decide = plainCheckOf(schema) ?? (() => false);
        expect(decide(value), JSON.stringify([schema, value])).toBeTypeOf("boolean");
      }
    }
  },
);

test.each([
  ["required", null],
  ["required", true],
  ["required", "a"],
  ["required", [5]],
  ["type", 5],
  ["type", null],
  ["type", ["string", 5]],
  ...[...keywords.numbers, ...keywords.sizes].flatMap((name): [string, unknown][] => [
    [name, "5"],
    [name, null],
    [name, [5]],
  ]),
])("a schema whose %s is %j is not plain", (keyword, odd) => {
  expect(plainCheckOf({ properties: { a: { [keyword]: odd } } })).toBeNull();
});

test.each([null, true])("a result is accepted if the schema's required is %j", async (required) => {
  const tool = { name: "t", inputSchema: {}, outputSchema: { type: "object", required } };
  const checker = { user: someUser(), msPerMinute: 60_000 };
  expect(await matchesOutputSchema(tool, { content: [], structuredContent: { a: 1 } }, checker)).toBe(true);
});

test("a plain check that fails decides nothing", () => {
  const value = new Proxy(
    {},
    {
      get: () => undefined,
      ownKeys: () => [],
      has: () => {
        throw new Error("broken");
      },
    },
  );
  expect(plainCheckOf({ required: ["a"] })?.(value)).toBeUndefined();
});

test.each([
  ["many members", Array.from({ length: 10_000 }, () => 1)],
  ["long texts", ["x".repeat(1_000_000)]],
  ["long names", { ["x".repeat(1_000_000)]: 1 }],
])("a value with %s is too large for a plain check", (_what, value) => {
  expect(plainCheckOf({ items: { type: "number" } })?.(value)).toBeUndefined();
});

const schemas = fc.letrec((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3 },
    fc.record({ type: fc.constantFrom("string", "number", "object", "array", "null") }),
    fc.record({ properties: fc.dictionary(fc.constantFrom("a", "b"), tie("schema"), { noNullPrototype: true }) }),
    fc.record({ items: tie("schema"), minItems: fc.nat(2) }),
    fc.record({ required: fc.subarray(["a", "b"]), additionalProperties: fc.boolean() }),
    fc.record({ enum: fc.array(fc.oneof(fc.constantFrom("a", 1, null, true))), maxLength: fc.nat(2) }),
  ),
}));

test("a plain check decides like the interpreter", () => {
  const interpreter = new CfWorkerJsonSchemaValidator();
  const values = fc.jsonValue({ maxDepth: 3 });
  fc.assert(
    fc.property(schemas.schema, values, (schema, value) => {
      const plain = plainCheckOf(schema as Record<string, unknown>);
      expect(plain?.(value)).toBe(interpreter.getValidator(structuredClone(schema) as never)(value).valid);
    }),
    { numRuns: 500 },
  );
});
