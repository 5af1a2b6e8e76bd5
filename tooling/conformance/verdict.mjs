const summaryLine = /^([✓✗]) (\S+): (\d+) passed, (\d+) failed(?:, (\d+) warnings)?$/u;
const detailLine = /^ {4}- (.*)$/;
const unscoredLine = /^ {2}[✓✗] (\S+) \(extension\)$/u;
const startLine = /^Running .* \((\d+) scenarios\)/;

/**
 * Reads the outcome of each scenario from the referee's output. When it judges by the requirements of a revision,
 * extensions are not scored, but scenarios that were added after the revision's release are, here. A warning is a
 * SHOULD of the specification and counts as a failure. `complete` is false when the referee ended before it had judged
 * all scenarios.
 */
export function readVerdict(output) {
  const scenarios = new Map();
  let announced = Number.NaN;
  let last;
  for (const line of output.split("\n")) {
    const [, count] = startLine.exec(line) ?? [];
    if (count) announced = Number(count);
    const [, mark, name, , , warnings] = summaryLine.exec(line) ?? [];
    if (name) {
      last = { name, passed: mark === "✓", scored: true, details: warnings ? [`${warnings} warnings`] : [] };
      scenarios.set(name, last);
    }
    const [, detail] = detailLine.exec(line) ?? [];
    if (detail) last?.details.push(detail);
    const unscored = scenarios.get(unscoredLine.exec(line)?.[1]);
    if (unscored) unscored.scored = false;
  }
  return { complete: scenarios.size === announced, scenarios: [...scenarios.values()] };
}

/** What a scenario's client reported: one line for each thing that it could not do. */
export const saidBy = (clients, name) => clients.split("\n").filter((line) => line.startsWith(`${name}: `));

/**
 * The referee only looks at what was sent, so a client passes even if it stops after the last thing that the referee
 * checks. Here, a client that did not finish fails, and one that should refuse must do so for the right reason.
 */
export function heedClients({ scenarios, clients, refusals }) {
  return scenarios.map((scenario) => {
    const reported = saidBy(clients, scenario.name);
    const refusal = refusals.get(scenario.name);
    const fine = refusal
      ? reported.length > 0 && reported.every((line) => line.includes(refusal))
      : reported.length === 0;
    if (fine || !scenario.passed) return scenario;
    const problem = refusal ? `the client did not refuse with "${refusal}"` : "the client did not finish";
    return { ...scenario, passed: false, details: [problem] };
  });
}

/**
 * Compares the scored scenarios of a run with its baseline. `unexpected` holds failures that are not in the baseline,
 * and baseline entries that do not fail, so the list can only shrink.
 */
export function compareWithBaseline({ run, scenarios, expectedFailures }) {
  const scored = scenarios.filter((scenario) => scenario.scored);
  const expected = new Map(
    expectedFailures.filter(({ runs }) => runs.includes(run)).map(({ scenario, reason }) => [scenario, reason]),
  );
  const failing = scored.filter(({ passed }) => !passed);
  const names = new Set(failing.map(({ name }) => name));
  return {
    passed: scored.filter(({ passed, name }) => passed && !expected.has(name)).map(({ name }) => name),
    expected: failing
      .filter(({ name }) => expected.has(name))
      .map(({ name }) => ({ name, reason: expected.get(name) })),
    unexpected: [
      ...failing.filter(({ name }) => !expected.has(name)).map(({ name, details }) => ({ name, details })),
      ...[...expected.keys()]
        .filter((name) => !names.has(name))
        .map((name) => ({ name, details: ["is an expected failure but does not fail: remove it from the list"] })),
    ],
  };
}
