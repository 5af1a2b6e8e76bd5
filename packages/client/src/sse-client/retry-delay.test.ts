import { expect, test } from "vitest";
import { unreachable } from "./errors.js";
import { delayAfter } from "./retry-delay.js";

test("tries come later and later, at most 10 s apart, randomised, and for ever", () => {
  expect([1, 2, 3, 4, 5, 6, 50, 2_000].map((failures) => delayAfter(unreachable, failures, () => 1))).toEqual([
    500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000,
  ]);
  expect(delayAfter(unreachable, 3, () => 0)).toBe(1_000);
  expect(delayAfter({ ...unreachable, retryAfter: 30_000 }, 1, () => 0)).toBe(30_250);
});
