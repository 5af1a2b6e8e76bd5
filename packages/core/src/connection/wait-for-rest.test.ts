import { expect, test, vi } from "vitest";
import { EventLog } from "../events/event-log.js";
import { authUrl, someRecord, withOverrides, workedOn } from "../samples.fixture.js";
import { SessionStore } from "../session/session-store.js";
import { Sessions } from "../session/sessions.js";
import { MemoryDriver } from "../storage/memory/driver.js";
import { waitForRest } from "./wait-for-rest.js";

/** A session that another process works on, and how often its record has been read. */
async function working(until?: number) {
  const memory = new MemoryDriver();
  let reads = 0;
  const driver = withOverrides(memory, {
    read: (read) => {
      reads += 1;
      return memory.read(read);
    },
  });
  const store = new SessionStore(driver, 60);
  const sessions = new Sessions({ store, authUrl, limit: 50 });
  const record = someRecord(workedOn("CONNECTING", until));
  await sessions.create(record);
  const deps = { sessions, eventLog: new EventLog(driver), storeId: crypto.randomUUID() };
  const { userId, sessionId } = record;
  return {
    deps,
    record,
    reads: () => reads,
    change: (change: Parameters<Sessions["tryChange"]>[1]) => sessions.change(userId, sessionId, () => change),
    remove: () => sessions.remove(userId, sessionId),
  };
}

test("all who wait get the record of the last step, with one read for all of them", async () => {
  const { deps, record, reads, change } = await working();
  const waits = Array.from({ length: 100 }, () => waitForRest(deps, record));
  await vi.waitFor(() => expect(reads()).toBe(1));
  const { work } = record;
  await change({ state: "DISCOVERING", work });
  const before = reads();
  await change({ state: "CONNECTED" });
  const states = (await Promise.all(waits)).map(({ state }) => state);
  expect(new Set(states)).toEqual(new Set(["CONNECTED"]));
  // The change reads it, and the wait does.
  expect(reads() - before).toBe(2);
});

test("a session that is removed is not found by those who wait for it", async () => {
  const { deps, record, reads, remove } = await working();
  const waits = [waitForRest(deps, record), waitForRest(deps, record)];
  const results = Promise.allSettled(waits);
  await vi.waitFor(() => expect(reads()).toBe(1));
  await remove();
  for (const result of await results) expect(result).toMatchObject({ reason: { code: "SESSION_NOT_FOUND" } });
});

test("a wait for a process that was killed ends soon after its lease, although it announces nothing", async () => {
  const { deps, record } = await working(Date.now() + 300);
  expect(await waitForRest(deps, record)).toMatchObject({ state: "FAILED", error: { code: "INTERRUPTED" } });
});

test("a lease from a clock that was set back since makes no one wait", async () => {
  const { deps, record } = await working(Date.now() + 600_000);
  const begin = performance.now();
  expect(await waitForRest(deps, record)).toMatchObject({ state: "FAILED", error: { code: "INTERRUPTED" } });
  expect(performance.now() - begin).toBeLessThan(1_000);
});

test("a wait ends after a minute, however long the work goes on", async () => {
  vi.useFakeTimers();
  try {
    const { deps, record, change } = await working();
    const waiting = waitForRest(deps, record);
    for (let second = 0; second < 62; second += 1) {
      await vi.advanceTimersByTimeAsync(1_000);
      await change({ state: "CONNECTING", work: { owner: "busy", until: Date.now() + 20_000 } });
    }
    expect(await waiting).toMatchObject({ state: "CONNECTING", work: { owner: "busy" } });
  } finally {
    vi.useRealTimers();
  }
});
