import { expect, test } from "vitest";
import { prettyText } from "./pretty-text";

test.each([
  ['{"a":[1]}', "application/json", '{\n  "a": [\n    1\n  ]\n}'],
  ['{"a":1}', "application/ld+json; charset=utf-8", '{\n  "a": 1\n}'],
  ['{"a":1}', "text/plain", '{"a":1}'],
  ['{"a":1}', undefined, '{"a":1}'],
  ["{not json", "application/json", "{not json"],
  ['{"a":1}', "text/jsonish", '{"a":1}'],
])("%s of type %s is shown as %s", (text, mimeType, shown) => {
  expect(prettyText(text, mimeType)).toBe(shown);
});
