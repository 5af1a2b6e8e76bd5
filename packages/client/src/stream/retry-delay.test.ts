import { expect, test } from "vitest";
import { delayAfter, retryDelay } from "./retry-delay.js";

test.each([
  [1, 0, 250],
  [1, 1, 500],
  [2, 1, 1_000],
  [5, 1, 8_000],
  [6, 0, 5_000],
  [6, 1, 10_000],
  [10_000, 1, 10_000],
])("after failure %i in a row (chance %f) the next try is in %i ms", (failures, chance, delay) => {
  expect(retryDelay(failures, () => chance)).toBe(delay);
});

test.each([
  [undefined, 1, 0, 250],
  [undefined, 2, 1, 1_000],
  [1_500, 1, 0, 1_750],
  [60_000, 10_000, 1, 70_000],
])(
  "after an error with a retryAfter of %s ms, failure %i in a row (chance %f), the next try is in %i ms",
  (retryAfter, failures, chance, delay) => {
    const error = { code: "RATE_LIMITED", message: "", hint: "", retryable: true, retryAfter } as const;
    expect(delayAfter(error, failures, () => chance)).toBe(delay);
  },
);
