import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MemoryDriver } from "../storage/memory/driver.js";
import { StandingLease, standingLeaseMs } from "./standing-lease.js";

const session = { userId: "ada", sessionId: "one" };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test.each([
  [1, false],
  [3, true],
])("after %i renewals in a row that fail, it is lost: %s", async (times, isLost) => {
  const driver = new MemoryDriver();
  await driver.commit({
    partition: { user: session.userId },
    set: [{ value: { kind: "session", id: session.sessionId }, text: "{}", lifeMs: 1_000_000 }],
  });
  const lease = new StandingLease(driver, session);
  expect(await lease.take()).toBe(0);
  const stop = new AbortController();
  let held: AbortSignal | undefined;
  const during = lease.during(stop.signal, async (signal) => {
    held = signal;
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  });
  const failing = vi.spyOn(driver, "commit");
  for (let time = 0; time < times; time += 1) failing.mockRejectedValueOnce(new Error("No answer"));
  await vi.advanceTimersByTimeAsync(standingLeaseMs - 1);
  expect(held?.aborted).toBe(isLost);
  await vi.advanceTimersByTimeAsync(3 * standingLeaseMs);
  expect(held?.aborted).toBe(isLost);
  stop.abort();
  await during;
  expect(await new StandingLease(driver, session).take()).toBe(0);
});
