import { setTimeout as pause } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { EventLog } from "../src/events/event-log.js";
import { messageOf, noSessionLimit, progress, silentSettings, someRecord } from "../src/samples.fixture.js";
import { SessionStore } from "../src/session/session-store.js";
import { storageContract } from "../src/storage/contract/storage.contract.js";
import { connectRedis } from "../src/storage/redis/connection.js";
import { RedisDriver } from "../src/storage/redis/driver.js";
import type { RedisParts } from "../src/storage/redis/parts.js";

/** The whole storage contract, on a Redis of several servers. */
export function storageContracts(name: string, storage: RedisParts): void {
  const driver = new RedisDriver(storage);
  afterAll(() => driver.close());
  storageContract(name, () => driver);
}

/** `killMasterOf` kills the master that holds a key. */
export function listensOnContract(
  name: string,
  storage: RedisParts,
  killMasterOf: (key: string) => Promise<unknown>,
): void {
  test(`${name}: a listener continues at the new master, and is told that it may have missed something`, async () => {
    const driver = new RedisDriver(storage);
    const [log, sessions] = [new EventLog(driver), new SessionStore(driver, 60)];
    const record = someRecord();
    const heard: string[] = [];
    let interruptions = 0;
    try {
      await log.listen(record.userId, {
        entry: (entry) => heard.push(messageOf(entry)),
        interrupted: () => {
          interruptions += 1;
        },
      });
      await sessions.create(record, [progress(record, "before")], noSessionLimit);
      await expect.poll(() => heard).toEqual(["before"]);
      // Replication is asynchronous, so wait until the write has reached the replicas.
      await pause(2_000);
      await killMasterOf(connectRedis(storage, silentSettings).keys.events(record.userId));

      const next = { ...record, v: 2 };
      // A write whose answer was lost may have been done; the next try will find it.
      const written = async () => {
        const stored = await sessions.read(record.userId, record.sessionId);
        if (stored?.record.v === 2) return true;
        return sessions.commit({ previous: record, next, events: [progress(next, "after")] });
      };
      await expect.poll(() => written().catch(() => false), { timeout: 20_000, interval: 200 }).toBe(true);
      await expect.poll(() => interruptions, { timeout: 10_000 }).toBeGreaterThan(0);
      const later = { ...next, v: 3 };
      expect(await sessions.commit({ previous: next, next: later, events: [progress(later, "later")] })).toBe(true);
      await expect.poll(() => heard.at(-1), { timeout: 5_000 }).toBe("later");
    } finally {
      await driver.close();
    }
  }, 60_000);
}
