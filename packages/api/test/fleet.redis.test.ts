import { randomUUID } from "node:crypto";
import { answerConsentPage, startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { eventually } from "@mcp-assistant/testing/eventually";
import type {} from "@mcp-assistant/testkit/provided-context";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from "vitest";
import { type AppOptions, clientOf, follow, openSignIn, returnFrom, startApp } from "./app.js";

const storage = inject("redisUrl");
let notes: Awaited<ReturnType<typeof startOauthServer>>;

beforeAll(async () => {
  notes = await startOauthServer({ accessTokenTtl: 5 });
});
afterAll(() => notes.close());

async function start(options: Omit<AppOptions, "storage">) {
  const app = await startApp({ storage, ...options });
  onTestFinished(async () => void (await app.stop()));
  return app;
}

const newUser = () => `user-${randomUUID()}`;

test("one process connects, another signs in, and a third calls a tool with only the sessionId", async () => {
  const user = newUser();
  const b = await start({ allowHosts: notes.hosts });
  const a = await start({ allowHosts: notes.hosts, baseUrl: b.origin });
  const c = await start({ allowHosts: notes.hosts, baseUrl: b.origin });
  const stream = follow(c.origin, user);
  onTestFinished(stream.stop);
  await stream.until(({ type }) => type === "reset");

  const { sessionId, state, authUrl } = await clientOf(a.origin, user).connections.connect.mutate({
    serverUrl: notes.url,
    serverName: "Notes",
  });
  expect({ state, authUrl }).toEqual({
    state: "AUTHENTICATING",
    authUrl: `${b.origin}/api/mcp/auth/start?session=${encodeURIComponent(sessionId)}`,
  });

  const { cookie, location } = await openSignIn(authUrl ?? "", user);
  expect(new URL(location).origin).toBe(notes.issuer);
  const { location: end, text } = await returnFrom(await answerConsentPage(location), cookie);
  expect(new URL(end).search).toBe("");
  expect(text).toContain("Connected to Notes");

  notes.resetRequests();
  const called = await clientOf(c.origin, user).tools.call.mutate({
    sessionId,
    name: "create_note",
    arguments: { title: "Milk", body: "Two litres" },
  });
  expect(called.structuredContent).toMatchObject({ note: { title: "Milk" } });
  expect(notes.requests().filter(({ server }) => server === "authorization")).toEqual([]);

  await stream.until((event) => event.type === "tools_discovered" && event.tools.length === 3);
  const states = stream.seen.flatMap((event) => (event.type === "state_changed" ? event.state : []));
  expect(states).toEqual(["CONNECTING", "AUTHENTICATING", "AUTHENTICATED", "DISCOVERING", "CONNECTED"]);

  const redis = new Redis(storage);
  onTestFinished(() => redis.disconnect());
  const record = (await redis.get(`mcp:session:${sessionId}`)) ?? "";
  expect(record).toMatch(/^\{"v":\d+,/);
  expect(JSON.parse(record)).toMatchObject({
    sessionId,
    userId: user,
    serverName: "Notes",
    serverUrl: notes.url,
    callbackUrl: `${b.origin}/api/mcp/auth/callback`,
    transportType: "auto",
    active: true,
  });
  const credentials = JSON.parse((await redis.get(`mcp:credentials:${sessionId}`)) ?? "");
  expect(Object.keys(credentials)).toEqual(["tv", "cv", "flow", "kid", "sealed"]);
  expect(credentials.kid).toBe("k1");
  expect(await redis.ttl(`mcp:session:${sessionId}`)).toBeGreaterThan(43_000);
  expect(await redis.smembers(`mcp:user:${user}:sessions`)).toEqual([sessionId]);
});

test("agents#488, agents#850: a callback works in a process that has just started", async () => {
  const begins = await start({ allowHosts: notes.hosts });
  for (const decision of ["allow", "deny"] as const) {
    const user = newUser();
    const { sessionId, authUrl } = await clientOf(begins.origin, user).connections.connect.mutate({
      serverUrl: notes.url,
      serverName: "Notes",
    });
    const { cookie, location } = await openSignIn(authUrl ?? "", user);
    const callback = await answerConsentPage(location, { decision });
    const cold = await start({ allowHosts: notes.hosts, baseUrl: begins.origin });
    callback.port = new URL(cold.origin).port;
    const { text } = await returnFrom(callback, cookie);
    expect(text).toContain(decision === "allow" ? "Connected to Notes" : "You declined access");
    expect(await clientOf(cold.origin, user).connections.list.query()).toMatchObject([
      decision === "allow"
        ? { sessionId, state: "CONNECTED", toolCount: 3, signedIn: true }
        : { sessionId, state: "DISCONNECTED", reason: expect.stringContaining("You declined access"), error: null },
    ]);
  }
});

test("an expired access token is refreshed once by a process that never saw the sign-in", async () => {
  const user = newUser();
  const b = await start({ allowHosts: notes.hosts });
  const { sessionId, authUrl } = await clientOf(b.origin, user).connections.connect.mutate({ serverUrl: notes.url });
  const { cookie, location } = await openSignIn(authUrl ?? "", user);
  await returnFrom(await answerConsentPage(location), cookie);
  const other = await start({ allowHosts: notes.hosts, baseUrl: b.origin });
  await new Promise((resolve) => setTimeout(resolve, 5_500));
  notes.resetRequests();
  const call = () =>
    clientOf(other.origin, user).tools.call.mutate({ sessionId, name: "search_notes", arguments: { query: "" } });
  const results = await Promise.all([call(), call(), call(), call()]);
  expect(results.every(({ isError }) => !isError)).toBe(true);
  const atAuthorizationServer = notes.requests().filter(({ server }) => server === "authorization");
  expect(atAuthorizationServer.map(({ path, grantType }) => `${path} ${grantType}`)).toEqual(["/token refresh_token"]);
});

test("a process still streams changes after it lost its Redis subscription", async () => {
  const user = newUser();
  const app = await start({ allowHosts: notes.hosts });
  const stream = follow(app.origin, user);
  onTestFinished(stream.stop);
  await stream.until(({ type }) => type === "reset");
  const redis = new Redis(storage);
  onTestFinished(() => redis.disconnect());
  await redis.call("CLIENT", "KILL", "TYPE", "pubsub");
  const { sessionId } = await clientOf(app.origin, user).connections.connect.mutate({ serverUrl: notes.url });
  await eventually(() => {
    const known = new Set(
      stream.seen.flatMap((event) =>
        event.type === "reset" ? event.connections.map((c) => c.sessionId) : event.sessionId,
      ),
    );
    return known.has(sessionId);
  });
});
