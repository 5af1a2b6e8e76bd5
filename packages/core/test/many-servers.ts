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
    const connection = connectRedis(storage, silentSettings);
    // Replication is asynchronous, and replicas receive writes in order: one that has a later write has all before it.
    const reachesReplicas = async (userId: string) => {
      const probe = `${connection.keys.events(userId)}:probe`;
      const answers = await connection.commands.ask((redis) => redis.pipeline().set(probe, "").wait(1, 0).exec());
      expect(answers?.[1]?.[1]).toBeGreaterThan(0);
    };
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
      await reachesReplicas(record.userId);
      await killMasterOf(connection.keys.events(record.userId));

      const next = { ...record, v: 2 };
      // A write whose answer was lost may have been done; the next try will find it.
      const written = async () => {
        const stored = await sessions.read(record.userId, record.sessionId);
        if (stored?.record.v === 2) return true;
        return sessions.commit({ previous: record, next, events: [progress(next, "after")] });
      };
      // A busy sentinel counts its own stalls as doubt, and waits for 30 s before it acts (TILT mode).
      await expect.poll(() => written().catch(() => false), { timeout: 60_000, interval: 200 }).toBe(true);
      await expect.poll(() => interruptions).toBeGreaterThan(0);
      const later = { ...next, v: 3 };
      expect(await sessions.commit({ previous: next, next: later, events: [progress(later, "later")] })).toBe(true);
      await expect.poll(() => heard.at(-1)).toBe("later");
    } finally {
      connection.close();
      await driver.close();
    }
  }, 120_000);
}
