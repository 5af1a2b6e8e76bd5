import { expect, test } from "vitest";
import { countResults } from "./count-results.mjs";

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((each) => ({ status: each })),
});

test("tests are counted the way vitest counts them", () => {
  const testResults = [file("passed", "passed", "passed", "skipped"), file("failed", "passed", "failed")];
  expect(countResults({ numPassedTests: 3, numFailedTests: 1, testResults })).toEqual({ passed: 3, failed: 1 });
});

test("a file that could not run counts as one failed test", () => {
  const testResults = [file("failed"), file("failed", "passed"), file("passed", "passed")];
  expect(countResults({ numPassedTests: 2, numFailedTests: 0, testResults })).toEqual({ passed: 2, failed: 2 });
});
