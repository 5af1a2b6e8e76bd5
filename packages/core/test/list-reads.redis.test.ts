import { randomBytes } from "node:crypto";
import { type RedisGate, startRedisGate } from "@mcp-assistant/testing/redis";
import { startHostileMcpServer } from "@mcp-assistant/testing/servers";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { Redis } from "ioredis";
import { afterEach, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { appFor } from "../src/authorization/sign-in/sign-in.fixture.js";
import type { Limits } from "../src/limits.js";
import {
  encryptionKeys,
  noRateLimits,
  noSessionLimit,
  progress,
  someRecord,
  someUser,
} from "../src/samples.fixture.js";
import { maxReplayBytes } from "../src/session/storage-driver.js";
import { RedisCommands } from "../src/storage/redis/commands.js";
import { openStorage, type Storage } from "../src/storage/storage.js";

const mebi = 1_048_576;

let redis: Awaited<ReturnType<typeof startRedis>>;
let gate: RedisGate;
/** Past the gate. */
let stored: Storage;

beforeAll(async () => {
  redis = await startRedis();
  gate = await startRedisGate(redis);
  stored = openStorage(redis.url, { sessionTtl: 43_200, encryptionKeys, logger: () => undefined });
  return async () => {
    await stored.close();
    await gate.end();
    await redis.stop();
  };
});
afterEach(() => void vi.restoreAllMocks());

function open(limits: Partial<Limits> = {}, hosts: readonly string[] = []) {
  const mcp = appFor(
    { hosts },
    { storage: `redis://127.0.0.1:${gate.port}`, encryptionKeys, limits: { ...noRateLimits, ...limits } },
  );
  onTestFinished(() => mcp.close());
  return mcp;
}

/** A user with a connection to a server whose list of tools has about this many bytes, of which none can be compressed. */
async function userOfLargeList(bytes: number, limits: Partial<Limits> = {}) {
  const server = await startHostileMcpServer();
  onTestFinished(server.close);
  server.lie({ tools: [{ name: "large", _meta: { text: randomBytes(bytes / 2).toString("hex") } }] });
  const mcp = open(limits, [server.host]);
  const userId = someUser();
  const { sessionId, state } = await mcp.forUser(userId).connect({ serverUrl: server.url });
  expect(state).toBe("CONNECTED");
  return { mcp, server, userId, list: (signal?: AbortSignal) => mcp.forUser(userId).listTools(sessionId, { signal }) };
}

/**
 * From now on, the sizes of all answers of Redis to scripts, and how many bytes of them were under way at the same
 * time.
 */
function watchAnswers() {
  const answers: { asked: number; got: number; bytes: number }[] = [];
  const run = RedisCommands.prototype.run;
  vi.spyOn(RedisCommands.prototype, "run").mockImplementation(async function (this: RedisCommands, script, keys, args) {
    const asked = performance.now();
    const answer = await run.call(this, script, keys, args);
    const bytes = [answer].flat().reduce((sum: number, part) => sum + String(part ?? "").length, 0);
    answers.push({ asked, got: performance.now(), bytes });
    return answer;
  });
  const underWay = () =>
    answers.map(({ asked: moment }) => {
      const those = answers.filter(({ asked, got }) => asked <= moment && moment < got);
      return those.reduce((sum, { bytes }) => sum + bytes, 0);
    });
  return { answers, maxUnderWay: () => Math.max(...underWay()) };
}

test("a list of 50 connections takes at most 100 KB from Redis, however large their credentials are", async () => {
  const userId = someUser();
  for (let count = 0; count < 50; count += 1) {
    const serverUrl = `https://server-${count}.example/${"x".repeat(100)}`;
    const record = someRecord({ userId, serverId: `server-${count}`, serverUrl });
    await stored.sessions.create(record, [], { ...noSessionLimit, credentials: "c".repeat(384_000) });
  }
  const mcp = open();
  await mcp.forUser(userId).list();
  gate.takeTraffic();
  expect(await mcp.forUser(userId).list()).toHaveLength(50);
  expect(gate.takeTraffic().answerBytes).toBeLessThanOrEqual(100_000);
  // A snapshot is the same list.
  const events = await mcp.forUser(userId).subscribe();
  expect((await events.next()).value).toMatchObject({ event: { type: "reset" } });
  expect(gate.takeTraffic().answerBytes).toBeLessThanOrEqual(102_000);
  await events.return?.();
});

test("a list renews the credentials that it does not read", async () => {
  const record = someRecord();
  const { userId, sessionId } = record;
  await stored.sessions.create(record, [], { ...noSessionLimit, credentials: "kept" });
  const names = [`mcp:session:${sessionId}`, `mcp:credentials:${sessionId}`];
  const client = new Redis(redis.url);
  onTestFinished(() => client.disconnect());
  for (const name of names) await client.expire(name, 60);
  await open().forUser(userId).list();
  for (const name of names) expect(await client.ttl(name)).toBeGreaterThan(40_000);
});

test("however many large lists one user asks for, few bytes are under way, and another user's list is next", async () => {
  const eve = await userOfLargeList(1.5 * mebi);
  const ada = someUser();
  await stored.sessions.create(someRecord({ userId: ada }), [], noSessionLimit);
  const { maxUnderWay } = watchAnswers();
  const done: string[] = [];
  const lists = Array.from({ length: 30 }, () => eve.list().then(() => done.push("eve")));
  const other = eve.mcp
    .forUser(ada)
    .list()
    .then((list) => done.push(`ada ${list.length}`));
  await Promise.all([...lists, other]);
  expect(done).toHaveLength(31);
  expect(done.indexOf("ada 1")).toBeLessThanOrEqual(2);
  expect(maxUnderWay()).toBeLessThanOrEqual(4 * mebi);
});

test("a user reads so many bytes of lists a minute; beyond that nothing is read, and other users go on", async () => {
  const eve = await userOfLargeList(mebi, { listBytesPerMinute: 3 * mebi });
  await eve.list();
  gate.takeTraffic();
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, () =>
      eve.list().then(
        () => "read",
        ({ code }) => code,
      ),
    ),
  );
  // Two are under way when the first three are there.
  expect(outcomes.filter((outcome) => outcome === "read").length).toBeLessThanOrEqual(4);
  expect(new Set(outcomes)).toEqual(new Set(["read", "RATE_LIMITED"]));
  expect(gate.takeTraffic().answerBytes).toBeLessThan(4.5 * mebi);
  const refused = await eve.list().catch((error: unknown) => error);
  expect(refused).toMatchObject({
    message: "You have read too many large lists: this app allows 3 MiB a minute",
    retryable: true,
    retryAfter: expect.toSatisfy((ms) => ms > 0 && ms <= 120_000),
  });
  await expect(eve.mcp.forUser(eve.userId).list()).rejects.toMatchObject({ code: "RATE_LIMITED" });
  expect(await eve.mcp.forUser(someUser()).list()).toEqual([]);
});

test("lists whose callers have gone are not read", async () => {
  const eve = await userOfLargeList(mebi);
  const gone = new AbortController();
  gate.takeTraffic();
  const lists = Array.from({ length: 30 }, () => eve.list(gone.signal).catch(({ code }) => code));
  setImmediate(() => gone.abort());
  const outcomes = await Promise.all(lists);
  expect(outcomes.filter((outcome) => outcome === "CANCELLED").length).toBeGreaterThanOrEqual(28);
  expect(gate.takeTraffic().answerBytes).toBeLessThan(3 * mebi);
});

test("a reader that missed more than 1 MiB of events gets a snapshot, and the log is not read beyond that", async () => {
  const record = someRecord();
  const { userId } = record;
  await stored.sessions.create(record, [], noSessionLimit);
  const append = (count: number) =>
    stored.driver.commit({
      partition: { user: userId },
      events: Array.from({ length: count }, () => JSON.stringify(progress(record, "x".repeat(20_000)))),
    });
  await append(1);
  const { tail } = await stored.sessions.list(userId);
  await append(200);
  const mcp = open();
  await mcp.forUser(userId).list();
  gate.takeTraffic();
  const { maxUnderWay } = watchAnswers();
  const events = await mcp.forUser(userId).subscribe({ lastEventId: tail });
  expect((await events.next()).value).toMatchObject({ event: { type: "reset" } });
  expect(gate.takeTraffic().answerBytes).toBeLessThan(maxReplayBytes + 300_000);
  expect(maxUnderWay()).toBeLessThan(300_000);
  await events.return?.();
});

test.each([0, 1, 63, 64, 65, 130])("a reader that missed %i small events gets each of them", async (count) => {
  const record = someRecord();
  const { userId } = record;
  await stored.sessions.create(record, [], noSessionLimit);
  const append = async (from: number, to: number) => {
    for (let each = from; each < to; each += 1)
      await stored.driver.commit({
        partition: { user: userId },
        events: [JSON.stringify(progress(record, `${each}`))],
      });
  };
  await append(-1, 0);
  const { tail } = await stored.sessions.list(userId);
  await append(0, count);
  const missed = (await stored.log.read(userId, tail)).value;
  expect(missed?.map(({ event }) => event.type === "progress" && event.message)).toEqual(
    Array.from({ length: count }, (_, each) => `${each}`),
  );
});
