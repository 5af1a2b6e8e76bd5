import { expect, test } from "vitest";
import { countdownText, durationText } from "./duration";

test.each([
  [-5_000, "0 s"],
  [999, "0 s"],
  [59_999, "59 s"],
  [65_000, "1 min 05 s"],
  [3_600_000, "1 h 00 min"],
  [90_061_000, "1 d 1 h"],
])("%i ms is %s", (ms, text) => {
  expect(durationText(ms)).toBe(text);
});

test.each([
  [120_000, "2:00"],
  [118_001, "1:59"],
  [400, "0:01"],
  [-1, "0:00"],
])("a countdown of %i ms shows %s", (ms, text) => {
  expect(countdownText(ms)).toBe(text);
});
