import { startCuttingProxy } from "@mcp-assistant/testing/redis";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { appFor } from "../src/authorization/sign-in/sign-in.fixture.js";
import { encryptionKeys, noRateLimits, noSessionLimit, someRecord, someUser } from "../src/samples.fixture.js";
import { openStorage } from "../src/storage/storage.js";

/**
 * How long (ms) anything may take that asks a Redis that does not answer: its own second, and some for a busy machine.
 */
const maxAnswerMs = 3_500;

let redis: Awaited<ReturnType<typeof startRedis>>;

beforeAll(async () => {
  redis = await startRedis();
  return redis.stop;
});

async function open() {
  const proxy = await startCuttingProxy(redis);
  const url = `redis://127.0.0.1:${proxy.port}`;
  const storage = openStorage(url, { sessionTtl: 60, encryptionKeys, logger: () => undefined });
  const mcp = appFor({ hosts: [] }, { storage: url, encryptionKeys, limits: noRateLimits });
  onTestFinished(async () => {
    await Promise.all([storage.close(), mcp.close()]);
    await proxy.close();
  });
  const record = someRecord();
  await storage.sessions.create(record, [], noSessionLimit);
  await mcp.forUser(record.userId).list();
  return { proxy, storage, mcp, record };
}

type Opened = Awaited<ReturnType<typeof open>>;

// 4 MiB of one user's reads, and 16 MiB of all, are asked for at once; the rest waits.
test.each<[string, number, (opened: Opened, index: number) => Promise<unknown>]>([
  ["sessions of one user", 900, ({ storage, record }) => storage.sessions.read(record.userId, record.sessionId)],
  ["logs of many users", 700, ({ storage }) => storage.log.read(someUser(), "1-0")],
  ["logs of one user", 200, ({ storage, record }) => storage.log.read(record.userId, "1-0")],
  ["lists of one user", 50, ({ mcp, record }) => mcp.forUser(record.userId).list()],
])(
  "when Redis does not answer, reads of %s that wait for their turn learn that as soon as those in front",
  async (_of, count, read) => {
    const opened = await open();
    opened.proxy.blackhole();
    const since = performance.now();
    const outcomes = await Promise.all(
      Array.from({ length: count }, (_, index) =>
        read(opened, index).then(
          () => "read",
          ({ code }) => code,
        ),
      ),
    );
    expect(performance.now() - since).toBeLessThan(maxAnswerMs);
    expect(new Set(outcomes)).toEqual(new Set(["STORE_UNAVAILABLE"]));
  },
);
