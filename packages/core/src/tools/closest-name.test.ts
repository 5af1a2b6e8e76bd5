import { expect, test } from "vitest";
import { closestName } from "./closest-name.js";

const names = ["create_note", "search_notes", "delete_note", "add", "echo"];

test.each([
  ["creat_note", "create_note"],
  ["search_note", "search_notes"],
  ["Delete_Note", "delete_note"],
  ["add", "add"],
  ["ad", undefined],
  ["adds", "add"],
  ["list_everything", undefined],
  ["", undefined],
  ["x".repeat(256), undefined],
])("for %j, %j was meant", (written, meant) => {
  expect(closestName(written, names)).toBe(meant);
});

test("the first of the closest names wins", () => {
  expect(closestName("note_x", ["note_a", "note_b"])).toBe("note_a");
  expect(closestName("note_b", ["note_a", "note_b"])).toBe("note_b");
});

test("the longest names of a large list take a moment", () => {
  const many = Array.from({ length: 100_000 }, (_, at) => `${"a".repeat(120)}${at}`);
  const began = process.cpuUsage();
  expect(closestName(`${"b".repeat(125)}`, many)).toBeUndefined();
  expect(process.cpuUsage(began).user / 1_000).toBeLessThan(2_000);
});
