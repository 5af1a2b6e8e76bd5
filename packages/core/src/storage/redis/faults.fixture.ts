import { setTimeout as pause } from "node:timers/promises";
import type { McpObservabilityEvent } from "@mcp-assistant/protocol";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { Redis } from "ioredis";
import { expect, onTestFinished } from "vitest";
import { encryptionKeys, messageOf, noSessionLimit, progress, someRecord, someUser } from "../../samples.fixture.js";
import { sharedValue } from "../../values/stored-value.js";
import { openStorage, type Storage } from "../storage.js";

/** The maximum time (ms) that any call may take while Redis is away, and until its return is noticed. */
const maxAnswerMs = 1_500;
const maxReturnMs = 2_000;

/** A storage on a separate Redis for this test, used once before anything goes wrong. */
export async function storageOnOwnRedis(options: Parameters<typeof startRedis>[0] = {}) {
  const redis = await startRedis(options);
  const logged: McpObservabilityEvent[] = [];
  const logger = (event: McpObservabilityEvent) => void logged.push(event);
  const storage = openStorage(redis.url, { sessionTtl: 600, encryptionKeys, logger });
  const raw = new Redis(redis.url, { retryStrategy: () => 50, enableReadyCheck: false }).on("error", () => undefined);
  onTestFinished(async () => {
    await storage.close();
    raw.disconnect();
    await redis.stop();
  });
  const record = someRecord();
  await storage.sessions.create(record, [], noSessionLimit);
  return { redis, storage, logged, raw, record };
}

type StorageCall = [name: string, call: () => Promise<unknown>];

/** Every kind of call to a storage. */
export function callsOf({ driver, sessions, log }: Storage): { writes: StorageCall[]; reads: StorageCall[] } {
  const record = someRecord();
  const { userId, sessionId } = record;
  const next = { ...record, v: 2 };
  const list = sharedValue(driver, "tool-list", "abc");
  const counted = { user: userId, what: "calls", burst: 1, intervalMs: 1_000 };
  const events = [progress(record, "happened")];
  return {
    writes: [
      ["sessions.create", () => sessions.create(someRecord(), events, noSessionLimit)],
      ["sessions.commit", () => sessions.commit({ previous: record, next, events })],
      ["sessions.commit with credentials", () => sessions.commit({ previous: record, next, events, credentials: "x" })],
      ["sessions.remove", () => sessions.remove(record, events)],
      ["sessions.discard", () => sessions.discard(userId, sessionId, events)],
      ["a value is written", () => list.write("[]", 60)],
      ["a value is replaced", () => list.replace("[", "[]")],
      ["a value is erased", () => list.erase()],
      ["a lock is taken", () => list.lock("work", { expected: null, owner: "one", lifeMs: 1 })],
      ["a count is taken", () => driver.take(counted)],
    ],
    reads: [
      ["sessions.read", () => sessions.read(userId, sessionId)],
      ["sessions.list", () => sessions.list(userId)],
      ["a value is read", () => list.read()],
      ["a value is read and renewed", () => list.read(60)],
      ["all values are read", () => allOf(driver.scan("session"))],
      ["log.read", () => log.read(userId, "1-0")],
      ["log.listen", () => log.listen(someUser(), { entry: () => undefined, interrupted: () => undefined })],
    ],
  };
}

async function allOf<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

/**
 * Expects each call to fail in time with a typed error, so that users never wait. A timer tells the time, because a busy
 * machine delays it like the calls.
 */
export async function expectAllToFail(calls: StorageCall[]): Promise<void> {
  const begun = calls.map(([name, call]) => ({ name, outcome: call().catch((error: unknown) => error) }));
  const late = pause(maxAnswerMs, `nothing within ${maxAnswerMs} ms`, { ref: false });
  for (const { name, outcome } of begun) {
    expect(await Promise.race([outcome, late]), name).toMatchObject({ code: "STORE_UNAVAILABLE", retryable: true });
  }
}

/**
 * Expects the storage to work fully within two seconds from now, as a timer tells: sessions are stored, and their events
 * arrive.
 */
export async function expectToRecover({ sessions, log }: Storage): Promise<void> {
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
  }, maxReturnMs);
  const record = someRecord();
  const heard: string[] = [];
  const within = { timeout: 2 * maxReturnMs, interval: 20 };
  const listener = {
    entry: (entry: Parameters<typeof messageOf>[0]) => heard.push(messageOf(entry)),
    interrupted: () => undefined,
  };
  const made = () => sessions.create(record, [progress(record, "created")], noSessionLimit).catch(() => undefined);
  const listening = () => log.listen(record.userId, listener).catch(() => undefined);
  await expect.poll(listening, within).toBeDefined();
  await expect.poll(made, within).toBeDefined();
  await expect.poll(() => heard, within).toEqual(["created"]);
  expect((await sessions.read(record.userId, record.sessionId))?.record).toEqual(record);
  clearTimeout(timer);
  expect(isLate, `it took more than ${maxReturnMs} ms`).toBe(false);
}
