import { expect, test } from "vitest";
import { seededRandom } from "./seeded-random.js";

const some = (seed: number) => {
  const random = seededRandom(seed);
  return Array.from({ length: 10_000 }, () => random.next());
};

test("the same seed makes the same choices, and another seed makes others", () => {
  expect(some(1)).toEqual(some(1));
  expect(some(1)).not.toEqual(some(2));
});

test("choices are spread evenly and stay within their bounds", () => {
  const random = seededRandom(7);
  const counts = [0, 0, 0, 0];
  for (let count = 0; count < 10_000; count++) counts[random.below(4)] = (counts[random.below(4)] ?? 0) + 1;
  expect(counts).toHaveLength(4);
  for (const value of some(7)) expect(value >= 0 && value < 1).toBe(true);
  const tenths = some(7).map((value) => Math.floor(value * 10));
  for (let tenth = 0; tenth < 10; tenth++) {
    expect(tenths.filter((each) => each === tenth).length).toBeGreaterThan(850);
  }
});

test("pick returns an item of the list, and throws for an empty list", () => {
  const random = seededRandom(3);
  const picked = new Set(Array.from({ length: 100 }, () => random.pick(["a", "b", undefined])));
  expect(picked).toEqual(new Set(["a", "b", undefined]));
  expect(() => random.pick([])).toThrow("nothing to pick from");
});
