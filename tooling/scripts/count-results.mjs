/**
 * Counts the results in the report of vitest's json reporter. A test file that could not run has no tests in the report
 * and counts as one failed test.
 */
export function countResults({ numPassedTests, numFailedTests, testResults }) {
  const brokenFiles = testResults.filter(
    ({ status, assertionResults }) =>
      status === "failed" && !assertionResults.some((assertion) => assertion.status === "failed"),
  );
  return { passed: numPassedTests, failed: numFailedTests + brokenFiles.length };
}
