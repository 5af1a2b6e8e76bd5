import { expect, test } from "vitest";
import { parseArguments } from "./parse-arguments";

test("an object is taken as it is, and an empty text means no arguments", () => {
  expect(parseArguments(' {"a": [1, null]} ')).toEqual({ value: { a: [1, null] } });
  expect(parseArguments("  \n")).toEqual({ value: {} });
});

test.each(["[]", "null", "7", '"text"'])("%s is refused as arguments", (text) => {
  expect(parseArguments(text)).toEqual({ problem: 'Arguments must be a JSON object, such as {"name": "value"}.' });
});

test.each([
  ['{\n  "a": 1,\n  b\n}', "line 3, column 3"],
  ['{"a": ', "line 1, column 7"],
])("the problem with %j names the place of the mistake", (text, place) => {
  const parsed = parseArguments(text);
  expect("problem" in parsed && parsed.problem).toContain(`This is not valid JSON (${place}): `);
});
