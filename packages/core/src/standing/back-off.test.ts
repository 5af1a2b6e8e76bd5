import { expect, test } from "vitest";
import { backOffMs } from "./back-off.js";

test.each([
  ["broken", 1, 500, 1_000],
  ["broken", 2, 1_000, 2_000],
  ["broken", 30, 150_000, 300_000],
  ["flood", 1, 30_000, 60_000],
  ["flood", 30, 1_800_000, 3_600_000],
] as const)(
  "after a stream is %s for the %i. time in a row, the pause is between %i and %i ms",
  (why, failures, min, max) => {
    expect(backOffMs(why, failures, () => 0)).toBe(min);
    expect(backOffMs(why, failures, () => 1)).toBe(max);
  },
);
