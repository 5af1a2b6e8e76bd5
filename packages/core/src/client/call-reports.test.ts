import { randomUUID } from "node:crypto";
import { expect, onTestFinished, test, vi } from "vitest";
import { open, someSession } from "../events/open-stream.fixture.js";
import { CallReports } from "./call-reports.js";

/** How much more (ms) than the interval the clock of a test may show. */
const spareMs = 50;

/** The reports of all calls of a user, with the time (ms) since the first. */
async function reporting() {
  const deps = { ...open(), storeId: randomUUID() };
  const record = await someSession(deps);
  const began = performance.now();
  const seen: { callId: string; progress: number; at: number }[] = [];
  const stop = await deps.eventLog.listen(record.userId, {
    entry: () => undefined,
    interrupted: () => undefined,
    passing: ({ callId, progress }) => seen.push({ callId, progress, at: performance.now() - began }),
  });
  onTestFinished(() => stop());
  const call = (name: string) => new CallReports(deps, record, name);
  return { seen, call };
}

test("the calls of a user report 32 times a second together, each in its turn and with its latest progress", async () => {
  const { seen, call } = await reporting();
  const names = Array.from({ length: 24 }, (_, at) => `call ${at}`);
  const calls = names.map(call);
  for (let progress = 1; progress <= 50; progress += 1) for (const { report } of calls) report({ progress });
  await vi.waitFor(() => expect(seen.filter(({ progress }) => progress === 50)).toHaveLength(24), { timeout: 10_000 });
  for (const [count, { at }] of seen.entries())
    expect(at).toBeGreaterThanOrEqual(Math.floor(count / 8) * 250 - spareMs);
  expect(seen).toHaveLength(24);
  expect(new Set(seen.map(({ callId }) => callId))).toEqual(new Set(names));
});

test("a user with many calls does not delay the reports of another", async () => {
  const [eve, ada] = [await reporting(), await reporting()];
  for (let count = 0; count < 40; count += 1) eve.call(`call ${count}`).report({ progress: 1 });
  ada.call("one").report({ progress: 1 });
  await vi.waitFor(() => expect(ada.seen).toHaveLength(1));
  expect(eve.seen.length).toBeLessThan(40);
});
