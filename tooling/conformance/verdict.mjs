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

/** What the client of a scenario said on its way out: a line for each thing that it could not do. */
export const saidBy = (clients, name) => clients.split("\n").filter((line) => line.startsWith(`${name}: `));

/**
 * The referee looks at what was sent, and lets a client pass that stopped after the last thing it looks at. So one that
 * did not get through fails here, and one that should have refused must have done so for the right reason.
 */
export function heedClients({ scenarios, clients, refusals }) {
  return scenarios.map((scenario) => {
    const said = saidBy(clients, scenario.name);
    const refusal = refusals.get(scenario.name);
    const fine = refusal ? said.length > 0 && said.every((line) => line.includes(refusal)) : said.length === 0;
    if (fine || !scenario.passed) return scenario;
    const problem = refusal ? `the client did not refuse with "${refusal}"` : "the client did not get through";
    return { ...scenario, passed: false, details: [problem] };
  });
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
