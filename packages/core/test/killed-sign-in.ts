import { startRedis } from "@mcp-assistant/testkit/redis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { flowStepNames, killFlows } from "./killed-flow.js";
import {
  type KillOptions,
  killRefreshes,
  type Outcome,
  type Outcomes,
  refreshStepNames,
  refreshSteps,
} from "./killed-refresh.js";

interface KilledSize {
  /** The number of sessions at each step, in one process. */
  sessions: number;
  processes: number;
}

/** Most of the time is spent waiting for a dead process's leases to expire, so the next one is killed meanwhile. */
export function killedSignInScenario(sizes: { refreshes: KilledSize; flows: KilledSize }): void {
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let [refreshes, flows]: Promise<Outcomes>[] = [];

  beforeAll(async () => {
    redis = await startRedis();
    const { inTurn, idle } = oneAtATime();
    refreshes = killAll(killRefreshes, sizes.refreshes, { redis, inTurn });
    flows = killAll(killFlows, sizes.flows, { redis, inTurn });
    // The tests that wait for them report their errors.
    for (const outcomes of [refreshes, flows]) outcomes.catch(() => undefined);
    await idle();
  }, 400_000);
  afterAll(() => redis.stop());

  describe("a process that is killed while it refreshes tokens loses no sign-in that could be kept", () => {
    const killed = sizes.refreshes.sessions * sizes.refreshes.processes;
    test.each(refreshStepNames)(`%s, ${killed} times`, { timeout: 400_000 }, async (step) => {
      const outcome = (await refreshes)?.[step];
      console.log(`refresh killed ${step}:`, JSON.stringify(outcome));
      const { keepsSignIn } = refreshSteps[step];
      expect(outcome).toMatchObject({ killed, elsewhere: 0, askedInVain: 0, stuck: 0 });
      expect(outcome).toMatchObject(keepsSignIn ? { usable: killed, asks: 0 } : { usable: 0, asks: killed });
    });
  });

  describe("a sign-in whose process is killed succeeds in another one", () => {
    const killed = sizes.flows.sessions * sizes.flows.processes;
    test.each(flowStepNames)(`%s, ${killed} times`, { timeout: 400_000 }, async (step) => {
      const outcome = (await flows)?.[step];
      console.log(`sign-in killed ${step}:`, JSON.stringify(outcome));
      expect(outcome).toMatchObject({ killed, connected: killed, maxExchanges: 1, wrongVerifiers: 0 });
    });
  });
}

async function killAll(
  kill: (options: KillOptions) => Promise<Outcomes>,
  { sessions, processes }: KilledSize,
  options: Omit<KillOptions, "sessions">,
): Promise<Outcomes> {
  const all = await Promise.all(Array.from({ length: processes }, () => kill({ ...options, sessions })));
  const sums: Outcomes = {};
  for (const [step, outcome] of all.flatMap(Object.entries<Outcome>)) sums[step] = add(sums[step] ?? {}, outcome);
  return sums;
}

function add(sum: Outcome, outcome: Outcome): Outcome {
  const isMost = (name: string) => name === "slowest" || name === "maxExchanges";
  const entries = Object.entries(outcome).map(([name, value]) => {
    const before = sum[name] ?? 0;
    return [name, isMost(name) ? Math.max(before, value) : before + value];
  });
  return Object.fromEntries(entries);
}

function oneAtATime(): { inTurn: KillOptions["inTurn"]; idle: () => Promise<unknown> } {
  let last: Promise<unknown> = Promise.resolve();
  return {
    inTurn: (work) => {
      const done = last.then(work);
      last = done.catch(() => undefined);
      return done;
    },
    idle: () => last,
  };
}
