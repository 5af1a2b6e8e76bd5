import { expect, test } from "vitest";
import { retryDelay } from "./retry-delay.js";

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
