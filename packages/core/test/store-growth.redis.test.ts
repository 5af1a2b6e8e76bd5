import { startRedis } from "@mcp-assistant/testkit/redis";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createMcp } from "../src/create-mcp.js";
import { CredentialStore } from "../src/credentials/credential-store.js";
import { resolveLimits } from "../src/limits.js";
import { Rates } from "../src/rates/rates.js";
import { encryptionKeys, someRecord, someUser } from "../src/samples.fixture.js";
import { eventBase } from "../src/session/move.js";
import { openStorage } from "../src/storage/storage.js";
import { changesOf } from "../src/tools/changes-of-list.js";
import {
  fillAttempts,
  largeList,
  largestCredentials,
  longNames,
  registrationsAt,
  startListingServer,
} from "./store-growth.js";

/** What one user may add to Redis. */
const maxBytes = 32 * 2 ** 20;

/** One user of an app with the default limits, and a server of theirs. */
async function open() {
  const own = await startRedis();
  const raw = new Redis(own.url);
  const served = { text: () => "[]" };
  const server = await startListingServer(served);
  const logger = () => undefined;
  const options = { encryptionKeys, baseUrl: "http://127.0.0.1:9", logger };
  const mcp = createMcp({ storage: own.url, outbound: { allowHosts: [server.host] }, ...options });
  const storage = openStorage(own.url, { sessionTtl: 43_200, ...options });
  const close = async () => {
    await Promise.all([mcp.close(), storage.close(), server.close()]);
    raw.disconnect();
    await own.stop();
  };
  const user = mcp.forUser(someUser());
  const connect = (serverId: string) => user.connect({ serverUrl: server.url, serverId });
  /** Bytes of all values of a kind, as Redis stores them. */
  const taken = async (pattern = "*") => {
    const sizes = (await raw.keys(pattern)).map((key) => raw.memory("USAGE", key, "SAMPLES", 0));
    return (await Promise.all(sizes)).reduce<number>((sum, size) => sum + Number(size), 0);
  };
  const used = async () => Number(/used_memory:(\d+)/.exec(await raw.info("memory"))?.[1]);
  return { raw, served, storage, user, connect, taken, used, before: await used(), close };
}

let world: Awaited<ReturnType<typeof open>>;

beforeAll(async () => {
  world = await open();
});
afterAll(() => world.close());

test("a user's servers send new lists without end, and the lists in Redis stay within 16 MiB", async () => {
  const { user, connect, taken, raw, served } = world;
  served.text = largeList;
  const connected = [];
  for (let count = 0; count < 6; count++) connected.push(await connect(`server-${count}`));
  const [first, ...others] = connected;
  expect(first?.state).toBe("CONNECTED");
  expect(others.at(-1)).toMatchObject({
    state: "FAILED",
    error: { code: "LIMIT_EXCEEDED", hint: expect.stringContaining("Remove a connection") },
  });
  for (const name of ["one", "two"])
    await expect(user.callTool(first?.sessionId ?? "", name, {})).rejects.toMatchObject({
      code: expect.stringMatching(/TOOL_NOT_FOUND|LIMIT_EXCEEDED/),
    });
  expect(await raw.keys("mcp:tools:*")).toHaveLength(connected.filter(({ state }) => state === "CONNECTED").length);
  expect(await taken("mcp:tools:*")).toBeLessThan(20_000_000);
  // What was refused works as soon as there is room.
  await user.remove(first?.sessionId ?? "");
  expect(await user.reconnect(others.at(-1)?.sessionId ?? "")).toMatchObject({ state: "CONNECTED" });
});

test("a list that grows when it is written out is refused, and nothing of it is stored", async () => {
  const { connect, taken, served } = world;
  // 4 MB on the wire, less when compressed, and 17 MB as JSON.stringify writes it.
  const numbers = `[{"name":"add","inputSchema":{"type":"object","enum":[${"1e20,".repeat(800_000)}0]}}]`;
  served.text = () => numbers;
  const before = await taken();
  expect(await connect("numbers")).toMatchObject({ state: "FAILED", error: { code: "LIMIT_EXCEEDED" } });
  expect((await taken()) - before).toBeLessThan(16_384);
});

test("events of the longest lists are short, and the log of a user takes at most 3 MB", async () => {
  const { raw, user, connect, storage, taken, served } = world;
  served.text = () => JSON.stringify(longNames());
  const { sessionId } = await connect("names");
  await user.callTool(sessionId, "missing", {}).catch(() => undefined);
  const log = `mcp:user:${encodeURIComponent(user.userId)}:events`;
  for (const [, fields] of await raw.xrange(log, "-", "+")) expect(fields.join().length).toBeLessThan(8_192);
  let previous = someRecord({ userId: user.userId });
  await storage.sessions.create(previous, [], { limit: 50 });
  const [come, gone] = [longNames(), longNames()].map((tools) => tools.map(({ name }) => name));
  for (let count = 0; count < 600; count++) {
    const next = { ...previous, v: previous.v + 1 };
    const discovered = { hash: "h".repeat(64), count: 1_000, ...changesOf(come ?? [], gone ?? []) };
    const events = [{ type: "tools_discovered" as const, ...eventBase(next, Date.now()), ...discovered }];
    await storage.sessions.commit({ previous, next, events });
    previous = next;
  }
  expect(await raw.xlen(log)).toBeGreaterThanOrEqual(256);
  expect(await taken(log)).toBeLessThan(3_000_000);
});

test("attempts and registrations of a user take at most 9 MB, in a month", async () => {
  const { raw, user, storage, taken } = world;
  await fillAttempts(storage.driver, user.userId);
  expect(await raw.keys("mcp:attempt:*")).toHaveLength(440);
  expect(await taken("mcp:attempt:*")).toBeLessThan(5_000_000);
  const { register } = registrationsAt(storage.driver, new Rates(storage.driver, resolveLimits()), user.userId);
  for (let count = 0; count < 50; count++) await register();
  await expect(register()).rejects.toMatchObject({ code: "RATE_LIMITED", retryable: true });
  // One every two hours, for as long as a registration is kept.
  for (let count = 0; count < 360; count++) await register(false);
  const lives = await Promise.all((await raw.keys("mcp:registration:*")).map((key) => raw.ttl(key)));
  expect(lives).toHaveLength(410);
  expect(Math.max(...lives)).toBeLessThanOrEqual(30 * 24 * 3_600);
  expect(await taken("mcp:registration:*")).toBeLessThan(4_000_000);
});

test("50 connections, each with the largest tokens and headers, take at most 6 MB", async () => {
  const { raw, user, storage, taken } = world;
  const credentials = new CredentialStore(storage.driver, { ring: storage.ring, ttl: 43_200 });
  const others = (await raw.keys("mcp:session:*")).length;
  for (let count = others; count < 50; count++) {
    const next = someRecord({ userId: user.userId, sessionId: `signed-in-${count}`, serverId: `signed-in-${count}` });
    const text = credentials.encode(next, largestCredentials());
    await storage.sessions.create({ ...next, signedIn: true }, [], { limit: 50, credentials: text });
  }
  expect(await raw.keys("mcp:credentials:*")).toHaveLength(50 - others);
  expect(await taken("mcp:credentials:*")).toBeGreaterThan(2_000_000);
  expect(await taken("mcp:credentials:*")).toBeLessThan(6_000_000);
}, 60_000);

test("all of that together is at most 32 MiB", async () => {
  const { taken, used, before } = world;
  expect(await taken()).toBeGreaterThan(20 * 2 ** 20);
  expect(await taken()).toBeLessThanOrEqual(maxBytes);
  // The buffers of connections shrink after some seconds.
  await expect.poll(async () => (await used()) - before, { timeout: 20_000 }).toBeLessThanOrEqual(maxBytes);
}, 30_000);
