// What users within the default limits do to another user's calls: each attack of neighbours/attacks.mjs, one after the
// other. It needs a machine that does nothing else, because the goals are times.
import { attacks } from "./neighbours/attacks.mjs";
import { runAttack } from "./neighbours/one-attack.mjs";

/** How often each attack is run, and how long (ms) the other user's calls are measured before it and under it. */
const [runs, beforeMs, underMs] = [5, 1_200, 2_500];

const maxDelayMs = 100;

/** How slow (ms) calls may become that took `before`. */
const maxUnder = (before) => Math.max(2 * before, before + 50);

const median = (values, by = (value) => value) =>
  values.toSorted((a, b) => by(a) - by(b))[Math.floor(values.length / 2)];

export async function measure(redisUrl) {
  const rows = [];
  for (const [name, { stalls, count }] of Object.entries(attacks)) {
    const attack = await runAttack(name, { redisUrl, runs, beforeMs, underMs });
    const { before, under } = median(attack.runs, (run) => run.under / maxUnder(run.before));
    const limit = Number(maxUnder(before).toFixed(2));
    rows.push({
      what: `${name}: another user's calls, p95 (${before.toFixed(1)} before)`,
      measured: under,
      limit,
      unit: "ms",
    });
    rows.push({
      what: `${name}: another user's failed calls`,
      measured: attack.failed.length,
      limit: 0,
      unit: "calls",
    });
    const delay = median(attack.runs.map(({ delayMs }) => delayMs));
    if (stalls)
      rows.push({ what: `${name}: event loop, longest delay`, measured: delay, limit: maxDelayMs, unit: "ms" });
    if (count) {
      const { what, limit, unit } = count;
      rows.push({ what: `${name}: ${what}`, measured: attack.counted, limit, unit });
    }
  }
  return rows;
}
