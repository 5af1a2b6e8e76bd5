import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { seededRandom } from "@mcp-assistant/testing/seeded-random";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { someRecord } from "../src/samples.fixture.js";
import { type FleetSizes, type OwnSession, readWritten, WriterFleet, type Written } from "./lost-writes-fleet.js";
import { openStorage } from "./open-storage.mjs";

interface LostWritesSizes extends FleetSizes {
  /** `kill -9` and restart of Redis, and `kill -9` of a writer whose successor continues. */
  redisKills: number;
  writerKills: number;
  sessions: number;
  seed: number;
  /** ms */
  timeLimit: number;
}

const fleetSizes = { writers: 8, inFlight: 16, sessions: 50, seed: 1 };

export const shortForm: LostWritesSizes = {
  ...fleetSizes,
  updates: 4_000,
  redisKills: 1,
  writerKills: 1,
  timeLimit: 60_000,
};

export const mediumForm: LostWritesSizes = {
  ...fleetSizes,
  updates: 20_000,
  redisKills: 3,
  writerKills: 2,
  timeLimit: 60_000,
};

export const longForm: LostWritesSizes = {
  ...fleetSizes,
  updates: 200_000,
  redisKills: 20,
  writerKills: 20,
  timeLimit: 300_000,
};

export function lostWritesScenario(sizes: LostWritesSizes): void {
  const { updates, redisKills, writerKills } = sizes;
  const name = `none of ${updates} acknowledged updates is lost while Redis is killed ${redisKills} times and writers ${writerKills} times`;
  test(
    name,
    async () => {
      const outcome = await updateUnderFire(sizes);
      console.log("lost writes:", JSON.stringify(outcome));
      expect(outcome).toMatchObject({ lost: 0, wrongVersions: 0, wrongLogs: 0, redisKills, writerKills });
      expect(outcome.acknowledged).toBeGreaterThanOrEqual(updates);
    },
    sizes.timeLimit + 30_000,
  );
}

/**
 * Writers in separate processes update the same sessions by compare-and-set while Redis and the writers themselves are
 * killed. Every update leaves its own token in the record and notes the one that it replaced, so the chain of tokens
 * behind a record shows exactly which updates it contains: an acknowledged one outside the chain was lost.
 */
async function updateUnderFire(sizes: LostWritesSizes) {
  const folder = mkdtempSync(join(tmpdir(), "mcp-redis-writes-"));
  const redis = await startRedis({ durable: true });
  const fleet = new WriterFleet(sizes, redis.url, folder);
  try {
    const sessions = await createSessions(redis.url, sizes.sessions);
    const startedAt = performance.now();
    fleet.start(sessions);
    const random = seededRandom(sizes.seed);
    const due = (share: number) => fleet.acknowledged() >= sizes.updates * share;
    let [redisKills, writerKills] = [0, 0];
    while (!fleet.ended()) {
      await pause(10);
      if (performance.now() - startedAt > sizes.timeLimit) throw new Error(`Not done in ${sizes.timeLimit} ms`);
      if (writerKills < sizes.writerKills && due((writerKills + 0.5) / (sizes.writerKills + 1))) {
        writerKills += (await fleet.killOne(random.next())) ? 1 : 0;
      }
      if (redisKills < sizes.redisKills && due((redisKills + 1) / (sizes.redisKills + 1))) {
        redisKills += 1;
        await redis.kill();
        await pause(random.below(200));
        await redis.restart();
      }
    }
    const seconds = (performance.now() - startedAt) / 1_000;
    await redis.restart();
    const written = readWritten(folder, sizes.writers);
    return { ...(await compare(redis.url, sessions, written)), redisKills, writerKills, seconds };
  } finally {
    await fleet.stop();
    await redis.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One session per user, so that the newest entry of a user's log must be about the session's newest update. */
async function createSessions(url: string, count: number): Promise<OwnSession[]> {
  const storage = openStorage(url);
  const records = Array.from({ length: count }, () => someRecord({ reason: "start" }));
  for (const record of records) await storage.sessions.create(record, [], { limit: 50 });
  await storage.close();
  return records.map(({ userId, sessionId }) => ({ userId, sessionId }));
}

/** Compares what Redis has with what was written down. */
async function compare(url: string, sessions: OwnSession[], { acknowledged, replaces }: Written) {
  const storage = openStorage(url);
  const redis = new Redis(url);
  try {
    const applied = new Set<string>();
    let [wrongVersions, wrongLogs] = [0, 0];
    for (const { userId, sessionId } of sessions) {
      const record = (await storage.sessions.read(userId, sessionId))?.record;
      let length = 0;
      for (let token = record?.reason; token && token !== "start"; token = replaces.get(token)) {
        applied.add(token);
        length += 1;
      }
      if (record?.v !== length + 1) wrongVersions += 1;
      const [newest] = await redis.xrevrange(`mcp:user:${userId}:events`, "+", "-", "COUNT", 1);
      if (length > 0 && JSON.parse(newest?.[1][3] ?? "{}").message !== record?.reason) wrongLogs += 1;
    }
    const known = new Set(acknowledged);
    return {
      acknowledged: known.size,
      lost: acknowledged.filter((token) => !applied.has(token)).length,
      /** Applied, but the answer never arrived. */
      unacknowledged: [...applied].filter((token) => !known.has(token)).length,
      refused: replaces.size - applied.size,
      wrongVersions,
      wrongLogs,
    };
  } finally {
    redis.disconnect();
    await storage.close();
  }
}
