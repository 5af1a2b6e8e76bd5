import { readFileSync } from "node:fs";
import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import type { McpObservabilityEvent } from "@mcp-assistant/protocol";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { DynamicRegistrations } from "../src/authorization/client/dynamic.js";
import { AttemptStore } from "../src/authorization/sign-in/attempt.js";
import { appFor } from "../src/authorization/sign-in/sign-in.fixture.js";
import { CredentialStore } from "../src/credentials/credential-store.js";
import type { Mcp } from "../src/mcp.js";
import { encryptionKeys, ring } from "../src/samples.fixture.js";
import { openStorage, type Storage } from "../src/storage/storage.js";

const session = z.object({ userId: z.string(), sessionId: z.string(), attemptId: z.string() });
const base = { key: z.string(), ttl: z.number() };
const value = z.discriminatedUnion("type", [
  z.object({ ...base, type: z.literal("string"), value: z.string() }),
  z.object({ ...base, type: z.literal("set"), value: z.array(z.string()) }),
  z.object({ ...base, type: z.literal("stream"), value: z.array(z.tuple([z.string(), z.array(z.string())])) }),
]);

/**
 * What version 0.1.0 left in a Redis, sealed with the tests' key. Ada is connected to a server without a sign-in, and a
 * second time with a custom header; another user has signed in; Grace has a consent page open. Linus' log says why a
 * connection failed, and that it ended.
 */
const before = z
  .object({ modern: z.string(), issuer: z.string(), signedIn: session, opened: session, values: z.array(value) })
  .parse(JSON.parse(readFileSync(new URL("./stored-before.json", import.meta.url), "utf8")));

let modern: Awaited<ReturnType<typeof startModernServer>>;
let redis: Awaited<ReturnType<typeof startRedis>>;
let raw: Redis;
let mcp: Mcp;
let storage: Storage;
const logged: McpObservabilityEvent[] = [];

beforeAll(async () => {
  [modern, redis] = await Promise.all([startModernServer(), startRedis()]);
  raw = new Redis(redis.url);
  for (const stored of before.values) {
    const { key, ttl } = stored;
    // Ada's server is at another address today. Sealed values are bound to the old address, so they stay as they are.
    const moved = (text: string) => text.replace(`"serverUrl":"${before.modern}"`, `"serverUrl":"${modern.url}"`);
    if (stored.type === "string") await raw.set(key, moved(stored.value));
    else if (stored.type === "set") await raw.sadd(key, ...stored.value);
    else for (const [id, fields] of stored.value) await raw.xadd(key, id, ...fields);
    await raw.expire(key, ttl);
  }
  const logger = (event: McpObservabilityEvent) => void logged.push(event);
  mcp = appFor(modern, { storage: redis.url, encryptionKeys, logger });
  storage = openStorage(redis.url, { sessionTtl: 43_200, encryptionKeys, logger });
});

afterAll(async () => {
  await Promise.all([mcp.close(), storage.close()]);
  raw.disconnect();
  await Promise.all([modern.close(), redis.stop()]);
});

const adas = async () => (await mcp.forUser("ada").list()).map(({ sessionId }) => sessionId);

test("sessions are listed as they were, and a sign-in that was left open has expired", async () => {
  expect(await mcp.forUser("ada").list()).toMatchObject([
    { state: "CONNECTED", serverUrl: modern.url },
    { state: "CONNECTED", headerNames: ["X-Api-Key"] },
  ]);
  expect(await mcp.forUser(before.signedIn.userId).list()).toMatchObject([{ state: "CONNECTED", signedIn: true }]);
  expect(await mcp.forUser("grace").list()).toMatchObject([{ state: "DISCONNECTED", reason: "The sign-in timed out" }]);
});

test("sign-ins and custom headers can be decrypted", async () => {
  const credentials = new CredentialStore(storage.driver, { ring, ttl: 43_200 });
  const read = async (userId: string, sessionId = "") => {
    const record = (await storage.sessions.read(userId, sessionId))?.record;
    return record && credentials.read(record);
  };
  const signIn = (await read(before.signedIn.userId, before.signedIn.sessionId))?.signIn;
  expect(signIn?.authorizationServer.url).toContain(before.issuer);
  expect(signIn?.tokens.refreshToken?.reveal()).toMatch(/./);
  const [, withHeader] = await adas();
  expect((await read("ada", withHeader))?.headers["X-Api-Key"]?.reveal()).toBe("the-api-key");
});

test("the app's registration is used, and the app does not register again", async () => {
  const registrations = new DynamicRegistrations({
    driver: storage.driver,
    ring,
    storeId: storage.id,
    clientName: "Notes app",
    redirectUrls: ["http://127.0.0.1:9/api/mcp/auth/callback"],
    fetch: () => Promise.reject(new Error("No server is asked")),
  });
  const { issuer } = before;
  const server = { issuer, resource: undefined, authorizationServerUrl: issuer };
  const client = await registrations.clientAt(server);
  const attempt = await new AttemptStore(storage.driver, ring).read(before.opened.attemptId);
  expect(client.client_id).toBe(attempt?.client.client_id);
});

test("an attempt that was begun before can be finished, once", async () => {
  const attempts = new AttemptStore(storage.driver, ring);
  expect(await mcp.forUser(before.signedIn.userId).authorization.status(before.signedIn.attemptId)).toMatchObject({
    status: "connected",
  });
  const attempt = await attempts.read(before.opened.attemptId);
  expect(attempt).toMatchObject({ status: "open", userId: "grace", sessionId: before.opened.sessionId });
  if (!attempt) throw new Error("unreachable");
  expect(await attempts.take(before.opened.attemptId, attempt, Date.now())).toBe(true);
  expect(await attempts.take(before.opened.attemptId, attempt, Date.now())).toBe(false);
});

test("a stream resumes in the existing log", async () => {
  const log = before.values.find(({ key }) => key === "mcp:user:ada:events");
  if (log?.type !== "stream") throw new Error("There is no log");
  const [first, second] = log.value;
  const stream = await mcp.forUser("ada").subscribe({ lastEventId: first?.[0] });
  expect((await stream.next()).value).toMatchObject({ id: second?.[0], event: { type: "tools_discovered" } });
  await stream.return?.();
});

test("an error in the existing log is delivered as a text and the whole error, and an end without a reason has none", async () => {
  const stream = await mcp.forUser("linus").subscribe({ lastEventId: "1795950940000-0" });
  const [failed, ended] = [(await stream.next()).value?.event, (await stream.next()).value?.event];
  const error = "The server could not be reached";
  expect(failed).toMatchObject({ type: "error", error, info: { code: "SERVER_UNREACHABLE", message: error } });
  expect(ended).toMatchObject({ type: "disconnected", v: 3 });
  expect(ended).not.toHaveProperty("reason");
  await stream.return?.();
});

test("tools are listed again without anything in the log, and can be called", async () => {
  const old = before.values.find(({ key }) => key.startsWith("mcp:tools:"));
  const [sessionId = ""] = await adas();
  logged.length = 0;
  expect((await mcp.forUser("ada").listTools(sessionId)).tools.map(({ name }) => name)).toContain("add");
  const client = mcp.forUser("ada").client(sessionId);
  expect(await client.callTool("add", { a: 1, b: 2 })).toMatchObject({ structuredContent: { sum: 3 } });
  await client.close();
  expect(await mcp.forUser("ada").get(sessionId)).toMatchObject({ state: "CONNECTED", error: null });
  expect(logged).toEqual([]);
  expect(await raw.exists(`mcp:tools:${sessionId}`)).toBe(1);
  // From now on the list is known.
  modern.resetRequests();
  expect((await mcp.forUser("ada").listTools(sessionId)).tools.map(({ name }) => name)).toContain("add");
  expect(modern.requests()).toEqual([]);
  expect(await raw.get(old?.key ?? "")).toBe(old?.value);
});
