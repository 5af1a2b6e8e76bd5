import { setTimeout as pause } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { messageOf, progress, quietly, roomy, someRecord } from "../src/fixtures.contract.js";
import { eventLogContract } from "../src/storage/contract/event-log.contract.js";
import { rateLimitsContract } from "../src/storage/contract/rate-limits.contract.js";
import { sessionLifeContract } from "../src/storage/contract/session-life.contract.js";
import { sessionStoreContract } from "../src/storage/contract/session-store.contract.js";
import { valueStoreContract } from "../src/storage/contract/value-store.contract.js";
import { connectRedis, type RedisParts } from "../src/storage/redis/connection.js";
import { RedisEventLog } from "../src/storage/redis/event-log.js";
import { RedisRateLimits } from "../src/storage/redis/rate-limits.js";
import { RedisSessionStore } from "../src/storage/redis/session-store.js";
import { RedisValueStore } from "../src/storage/redis/value-store.js";

/** All that a store keeps to, on a Redis of several servers. */
export function storageContracts(name: string, storage: RedisParts): void {
  const connections = connectRedis(storage, quietly);
  const log = new RedisEventLog(connections);
  const open = (ttl: number) => ({ store: new RedisSessionStore(connections, ttl), log });

  afterAll(() => connections.close());

  sessionStoreContract(`sessions in ${name}`, open);
  sessionLifeContract(`lives of sessions in ${name}`, open);
  eventLogContract(`event logs in ${name}`, () => ({ log, sessions: open(60).store }));
  valueStoreContract(`values in ${name}`, () => new RedisValueStore(connections));
  rateLimitsContract(`rates in ${name}`, () => new RedisRateLimits(connections));
}

/** `killMasterOf` ends the master that holds a key. */
export function listensOnContract(
  name: string,
  storage: RedisParts,
  killMasterOf: (key: string) => Promise<unknown>,
): void {
  test(`${name}: a listener goes on at the new master, and is told that it may have missed something`, async () => {
    const connections = connectRedis(storage, quietly);
    const [log, sessions] = [new RedisEventLog(connections), new RedisSessionStore(connections, 60)];
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
      await sessions.create(record, [progress(record, "before")], roomy);
      await expect.poll(() => heard).toEqual(["before"]);
      // Replication is asynchronous: what is to survive has to arrive first.
      await pause(2_000);
      await killMasterOf(connections.keys.userEvents(record.userId));

      const next = { ...record, v: 2 };
      // A write whose answer was lost may have been done: the next try finds it.
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
      connections.close();
    }
  }, 60_000);
}
