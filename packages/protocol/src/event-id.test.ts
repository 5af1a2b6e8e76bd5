import { expect, test } from "vitest";
import { beginning, compareEventIds, isEventId } from "./event-id.js";

test("ids are ordered as numbers, not as text", () => {
  expect(compareEventIds("9-0", "10-0")).toBe(-1);
  expect(compareEventIds("10-2", "10-10")).toBe(-1);
  expect(compareEventIds("10-2", "10-2")).toBe(0);
  expect(compareEventIds("11-0", "10-99")).toBe(1);
  expect(compareEventIds("18446744073709551615-1", "18446744073709551614-2")).toBe(1);
  expect(compareEventIds(beginning, "1-0")).toBe(-1);
});

test("text that is not an id is recognised and refused", () => {
  for (const text of ["", "-", "1", "1-", "a-1", "1-1-1", " 1-1", "1-1\n", "18446744073709551616-0"])
    expect(isEventId(text)).toBe(false);
  expect(() => compareEventIds("1-0", "later")).toThrow(RangeError);
});
