import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { someUser } from "../../samples.fixture.js";
import type { Counted, StorageDriver } from "../../session/storage-driver.js";

/** How any driver counts for rate limits. */
export function rateLimitsContract(name: string, open: () => StorageDriver): void {
  const hour = 3_600_000;
  const someCount = (rate: Partial<Counted> = {}): Counted => ({
    user: someUser(),
    what: "calls",
    burst: 5,
    intervalMs: hour,
    ...rate,
  });

  async function takeAll(rates: StorageDriver, counted: Counted): Promise<void> {
    for (let count = 0; count < counted.burst; count++) expect(await rates.take(counted)).toBe(0);
  }

  describe.concurrent(name, () => {
    test("a whole burst is allowed at once, then nothing until one interval has passed", async () => {
      const [rates, counted] = [open(), someCount()];
      await takeAll(rates, counted);
      const wait = await rates.take(counted);
      expect(wait).toBeGreaterThan(hour - 60_000);
      expect(wait).toBeLessThanOrEqual(hour);
    });

    test("exactly one is allowed after the reported wait, and none before", async () => {
      const [rates, counted] = [open(), someCount({ burst: 2, intervalMs: 2_000 })];
      await takeAll(rates, counted);
      const wait = await rates.take(counted);
      expect(wait).toBeLessThanOrEqual(2_000);
      await pause(300);
      const rest = await rates.take(counted);
      expect(rest).toBeGreaterThan(0);
      expect(rest).toBeLessThanOrEqual(wait - 290);
      await pause(rest + 2);
      expect(await rates.take(counted)).toBe(0);
      expect(await rates.take(counted)).toBeGreaterThan(0);
    });

    test("retrying never extends the wait", async () => {
      const [rates, counted] = [open(), someCount({ burst: 1 })];
      await takeAll(rates, counted);
      const first = await rates.take(counted);
      for (let count = 0; count < 50; count++) expect(await rates.take(counted)).toBeLessThanOrEqual(first);
    });

    test("a user who keeps to the rate is never refused", async () => {
      const [rates, counted] = [open(), someCount({ burst: 3, intervalMs: 30 })];
      await takeAll(rates, counted);
      for (let count = 0; count < 20; count++) {
        await pause(32);
        expect(await rates.take(counted)).toBe(0);
      }
    });

    test("after a pause, a whole burst is allowed again", async () => {
      const [rates, counted] = [open(), someCount({ burst: 4, intervalMs: 50 })];
      await takeAll(rates, counted);
      await pause(4 * 50 + 20);
      await takeAll(rates, { ...counted, intervalMs: hour });
      expect(await rates.take({ ...counted, intervalMs: hour })).toBeGreaterThan(0);
    });

    test("users do not affect each other, nor do kinds of request", async () => {
      const [rates, ada] = [open(), someCount()];
      await takeAll(rates, ada);
      expect(await rates.take(ada)).toBeGreaterThan(0);
      await takeAll(rates, { ...ada, what: "connects" });
      await takeAll(rates, someCount());
    });

    test("of 60 concurrent requests, exactly as many as allowed succeed", async () => {
      const [rates, counted] = [open(), someCount({ burst: 23 })];
      const waits = await Promise.all(Array.from({ length: 60 }, () => rates.take(counted)));
      expect(waits.filter((wait) => wait === 0)).toHaveLength(23);
    });

    test.each([7, 59, 600])("a rate of %i a minute allows exactly that many at once", async (perMinute) => {
      const [rates, counted] = [open(), someCount({ burst: perMinute, intervalMs: 60_000 / perMinute })];
      const before = performance.now();
      let gone = 0;
      while ((await rates.take(counted)) === 0) gone += 1;
      const meanwhile = Math.ceil((performance.now() - before) / counted.intervalMs);
      expect(gone).toBeGreaterThanOrEqual(perMinute);
      expect(gone).toBeLessThanOrEqual(perMinute + meanwhile);
    });

    test("what is given back is available again, but never more than the burst", async () => {
      const [rates, counted] = [open(), someCount({ burst: 2 })];
      await rates.giveBack(counted);
      await takeAll(rates, counted);
      await rates.giveBack(counted);
      expect(await rates.take(counted)).toBe(0);
      expect(await rates.take(counted)).toBeGreaterThan(0);
      for (let count = 0; count < 9; count++) await rates.giveBack(counted);
      await takeAll(rates, counted);
      expect(await rates.take(counted)).toBeGreaterThan(0);
    });

    test("a changed limit takes effect immediately, and no wait depends on the old one", async () => {
      const [rates, counted] = [open(), someCount({ burst: 100, intervalMs: 60_000 })];
      await takeAll(rates, counted);
      const stricter = { ...counted, burst: 2, intervalMs: 1_000 };
      const wait = await rates.take(stricter);
      expect(wait).toBeGreaterThan(0);
      expect(wait).toBeLessThanOrEqual(1_000);
      await pause(wait + 2);
      expect(await rates.take(stricter)).toBe(0);
    });

    test.each(["{b}", "a:calls", "用户😀", "%7B"])("the user id %j has its own count", async (odd) => {
      const [rates, counted] = [open(), someCount({ user: `${someUser()}${odd}`, burst: 1 })];
      await takeAll(rates, counted);
      expect(await rates.take(counted)).toBeGreaterThan(0);
    });
  });
}
