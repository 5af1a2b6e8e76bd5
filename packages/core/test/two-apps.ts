import { randomUUID } from "node:crypto";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { EventHub } from "../src/events/event-hub.js";
import { EventLog } from "../src/events/event-log.js";
import { messageOf, progress, someRecord } from "../src/samples.fixture.js";
import { RedisDriver } from "../src/storage/redis/driver.js";

export interface TwoAppsSizes {
  users: number;
  /** The events of each user in each app. */
  events: number;
}

/** One process of an app: its users' streams, and what they got. */
async function open(port: number, { db, keyPrefix = "" }: { db: number; keyPrefix?: string }, userIds: string[]) {
  const name = `${keyPrefix}${db} of ${randomUUID()}`;
  const driver = new RedisDriver({ host: "127.0.0.1", port, db, keyPrefix });
  const log = new EventLog(driver);
  const hub = new EventHub(log);
  const got = new Map<string, string[]>(userIds.map((userId) => [userId, []]));
  await Promise.all(
    [...got].map(async ([userId, seen]) => {
      await hub.attach(userId, {
        entry: (entry) => seen.push(messageOf(entry)),
        reset: () => seen.push("reset"),
        missed: async (after) => (await log.read(userId, after)).value,
        end: () => undefined,
      });
      hub.begin(userId, "0-0");
    }),
  );
  const say = (userId: string, count: number) => {
    const event = JSON.stringify(progress(someRecord({ userId }), `${name}: ${count}`));
    return driver.commit({ partition: { user: userId }, events: [event] });
  };
  return { name, got, say, close: () => driver.close() };
}

/**
 * Three apps on one Redis, whose users have the same ids: two databases, and two prefixes in one of them. Each appends
 * events of each user at the same time.
 */
export async function twoApps({ users, events }: TwoAppsSizes) {
  const redis = await startRedis();
  const userIds = Array.from({ length: users }, (_, index) => `${index + 1}`);
  const apps = await Promise.all(
    [{ db: 0 }, { db: 1 }, { db: 1, keyPrefix: "shop:" }].map((place) => open(redis.port, place, userIds)),
  );
  try {
    for (let count = 0; count < events; count++)
      await Promise.all(apps.flatMap(({ say }) => userIds.map((userId) => say(userId, count))));
    const expected = ({ name }: (typeof apps)[number]) =>
      Array.from({ length: events }, (_, count) => `${name}: ${count}`);
    const isDone = () => apps.every(({ got }) => [...got.values()].every((seen) => seen.length >= events));
    for (const end = performance.now() + 10_000; !isDone() && performance.now() < end; ) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const all = apps.flatMap((app) => [...app.got.values()].map((seen) => ({ app, seen })));
    return {
      delivered: all.reduce((sum, { seen }) => sum + seen.length, 0),
      foreign: all.flatMap(({ app, seen }) => seen.filter((text) => !text.startsWith(app.name))),
      outOfOrder: all.filter(({ app, seen }) => seen.join() !== expected(app).join()).length,
    };
  } finally {
    await Promise.all(apps.map(({ close }) => close()));
    await redis.stop();
  }
}
