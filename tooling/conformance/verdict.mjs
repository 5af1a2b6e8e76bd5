const summaryLine = /^([✓✗]) (\S+): (\d+) passed, (\d+) failed(?:, (\d+) warnings)?$/u;
const detailLine = /^ {4}- (.*)$/;
const unscoredLine = /^ {2}[✓✗] (\S+) \(extension\)$/u;
const startLine = /^Running .* \((\d+) scenarios\)/;

/**
 * What the referee's output says of each scenario. Where it judges by the requirements of a revision, extensions are not
 * scored; what was added after the release of the revision is, here. A warning is a SHOULD of the specification, and
 * counts as a failure like everything else that is not right. `complete` is false when the referee ended before it had
 * judged all of them.
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

/**
 * Compares the scored scenarios of a run with its baseline. `unexpected` has those that fail outside of it, and the
 * entries of it that do not fail (any more): so the list can only shrink.
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
        .map((name) => ({ name, details: ["is an expected failure, but does not fail: take it off the list"] })),
    ],
  };
}
