import { expect, test } from "vitest";
import { toolInfoSchema } from "./tool.js";

const _meta = { "app.example/card": { id: null } };
const tool = { name: "add", inputSchema: { type: "object" } };

test("a tool keeps its icons, its execution, its hints and its _meta", () => {
  const whole = {
    ...tool,
    title: "Add",
    annotations: { readOnlyHint: true, "x-hint": "of tomorrow" },
    icons: [{ src: "https://a.example/i.png", mimeType: "image/png", sizes: ["48x48"], theme: "dark" }],
    execution: { taskSupport: "optional" },
    _meta,
  };
  expect(toolInfoSchema.parse(whole)).toStrictEqual(whole);
});

test.each([
  ["title", 7],
  ["description", ["a"]],
  ["outputSchema", "any"],
  ["annotations", "none"],
  ["annotations", null],
  ["icons", "https://a.example/i.png"],
  ["icons", null],
  ["execution", 1],
  ["_meta", []],
])("a tool whose %s is %j keeps everything else", (name, value) => {
  const parsed = toolInfoSchema.parse({ ...tool, _meta: {}, icons: [], [name]: value });
  expect(parsed).toEqual({ ...tool, _meta: {}, icons: [], [name]: undefined });
  expect(toolInfoSchema.parse(parsed)).toEqual(parsed);
});

test("a malformed hint or icon does not hide the others", () => {
  const parsed = toolInfoSchema.parse({
    ...tool,
    annotations: { readOnlyHint: "yes", destructiveHint: false, title: 1 },
    icons: [{ src: 1 }, null, "a", { src: "https://a.example/i.png", theme: null }],
  });
  expect(parsed.annotations).toEqual({ destructiveHint: false });
  expect(parsed.icons).toStrictEqual([{ src: "https://a.example/i.png" }]);
});
