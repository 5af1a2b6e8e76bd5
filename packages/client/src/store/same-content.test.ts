import { expect, test } from "vitest";
import { hasSameContent } from "./same-content.js";

test("the order of members does not matter, and an undefined member counts as absent", () => {
  expect(hasSameContent({ a: [1, { b: null }], c: "x" }, { c: "x", a: [1, { b: null }], d: undefined })).toBe(true);
});

test.each([
  [{ a: 1 }, { a: 2 }],
  [{ a: 1 }, { b: 1 }],
  [
    [1, 2],
    [2, 1],
  ],
  [[1], [1, 2]],
  [[], {}],
  [null, {}],
  ["1", 1],
])("%j and %j differ", (a, b) => {
  expect(hasSameContent(a, b)).toBe(false);
  expect(hasSameContent({ in: a }, { in: b })).toBe(false);
});
