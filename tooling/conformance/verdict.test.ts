import { expect, test } from "vitest";
import { compareWithBaseline, heedClients, readVerdict } from "./verdict.mjs";

const output = `Running requirements 2026-07-28 (5 scenarios) in parallel...

=== SUITE SUMMARY ===

✓ tools_call: 2 passed, 0 failed
✗ auth/basic-cimd: 14 passed, 0 failed, 1 warnings
✗ auth/scope-step-up: 14 passed, 1 failed
    - Client scope escalation: Client did not make a second request
✗ auth/dpop: 10 passed, 1 failed
    - DpopFreshProof: missing
✓ json-schema: 6 passed, 0 failed

Total: 40 passed, 2 failed, 1 warnings

Not scored for 2026-07-28: 2 scenario(s) run, 1 failing. These do not affect conformance.
  ✗ auth/dpop (extension)
  ✓ json-schema (added-after-release)
`;

const compare = (...scenarios: string[]) =>
  compareWithBaseline({
    run: "2026-07-28",
    scenarios: readVerdict(output).scenarios,
    expectedFailures: scenarios.map((scenario) => ({ scenario, runs: ["2026-07-28"], reason: "not built" })),
  });

test("the verdict lists every scenario, what is wrong with it, and whether it is scored", () => {
  expect(readVerdict(output)).toEqual({
    complete: true,
    scenarios: [
      { name: "tools_call", passed: true, scored: true, details: [] },
      { name: "auth/basic-cimd", passed: false, scored: true, details: ["1 warnings"] },
      {
        name: "auth/scope-step-up",
        passed: false,
        scored: true,
        details: ["Client scope escalation: Client did not make a second request"],
      },
      { name: "auth/dpop", passed: false, scored: false, details: ["DpopFreshProof: missing"] },
      { name: "json-schema", passed: true, scored: true, details: [] },
    ],
  });
});

test("a verdict that ends before the last scenario is incomplete, and so is an empty one", () => {
  expect(readVerdict(output.replace(/^✓.*$/m, "")).complete).toBe(false);
  expect(readVerdict("").complete).toBe(false);
});

test("expected failures are accepted, and unscored scenarios do not count", () => {
  expect(compare("auth/basic-cimd", "auth/scope-step-up")).toEqual({
    passed: ["tools_call", "json-schema"],
    expected: [
      { name: "auth/basic-cimd", reason: "not built" },
      { name: "auth/scope-step-up", reason: "not built" },
    ],
    unexpected: [],
  });
});

test("a failure outside the baseline is unexpected", () => {
  expect(compare("auth/basic-cimd").unexpected.map(({ name }) => name)).toEqual(["auth/scope-step-up"]);
});

test.each([
  ["passes", "tools_call"],
  ["was not run", "auth/gone"],
])("an expected failure that %s is unexpected", (_what, scenario) => {
  const { passed, unexpected } = compare("auth/basic-cimd", "auth/scope-step-up", scenario);
  expect(unexpected.map(({ name }) => name)).toEqual([scenario]);
  expect(passed).not.toContain(scenario);
});

test("an expected failure of another run does not count", () => {
  const expectedFailures = [{ scenario: "tools_call", runs: ["2025-11-25"], reason: "not built" }];
  const { unexpected } = compareWithBaseline({
    run: "2026-07-28",
    scenarios: readVerdict(output).scenarios,
    expectedFailures,
  });
  expect(unexpected.map(({ name }) => name)).toEqual(["auth/basic-cimd", "auth/scope-step-up"]);
});

const passed = { name: "auth/iss-wrong-issuer", passed: true, scored: true, details: [] };

test.each([
  ["passes when its client finished", passed.name, "", true],
  ["fails when its client did not finish", passed.name, `${passed.name}: the connection is FAILED`, false],
  ["ignores the client of another scenario", passed.name, `${passed.name}-2: the connection is FAILED`, true],
])("a scenario %s", (_what, name, clients, fine) => {
  const [scenario] = heedClients({ scenarios: [{ ...passed, name }], clients, refusals: new Map() });
  expect(scenario?.passed).toBe(fine);
});

test.each([
  ["passes when its client refused", `Starting\n${passed.name}: came from another server\n`, true],
  ["fails when its client refused for another reason", `${passed.name}: the connection is FAILED`, false],
  ["fails when its client finished", "", false],
])("a scenario that must be refused %s", (_what, clients, fine) => {
  const refusals = new Map([[passed.name, "another server"]]);
  expect(heedClients({ scenarios: [passed], clients, refusals })[0]?.passed).toBe(fine);
});
