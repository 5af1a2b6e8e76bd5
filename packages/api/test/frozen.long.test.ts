import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { answerConsentPage, startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import type { McpConnectionEvent } from "@mcp-assistant/protocol";
import { eventually } from "@mcp-assistant/testing/eventually";
import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import type {} from "@mcp-assistant/testkit/provided-context";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { Redis } from "ioredis";
import { inject, type TestContext, test, vi } from "vitest";
import { clientOf, follow, openSignIn, returnFrom, startApp } from "./app.js";
import { startFrozenApp } from "./frozen-app.js";

/** Reads the user's records, index and events from Redis. */
function openRedis({ onTestFinished }: TestContext, url: string, user: string) {
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  const events = async () => {
    const entries = await redis.xrange(`mcp:user:${user}:events`, "-", "+");
    return entries.map(([, fields]): McpConnectionEvent => JSON.parse(fields[3] ?? ""));
  };
  return {
    record: async (sessionId: string) => JSON.parse((await redis.get(`mcp:session:${sessionId}`)) ?? "null"),
    index: () => redis.smembers(`mcp:user:${user}:sessions`),
    /** All keys that name a session. */
    keysOf: async (sessionId: string) => (await redis.keys("*")).filter((key) => key.includes(sessionId)).sort(),
    events,
    /** Waits until Redis has dropped its idle clients. */
    idleDropped: async () => {
      const standing = new Set(await idsOf(redis));
      await eventually(async () => (await idsOf(redis)).every((id) => !standing.has(id)), {
        timeout: 10_000,
        every: 200,
      });
    },
  };
}

/** All connections to Redis except our own and subscribers: Redis never drops subscribers. */
async function idsOf(redis: Redis): Promise<string[]> {
  const own = await redis.client("ID");
  const list = String(await redis.call("CLIENT", "LIST", "TYPE", "normal"));
  return [...list.matchAll(/^id=(\d+)/gm)].flatMap(([, id = ""]) => (id === String(own) ? [] : [id]));
}

const named = (event: McpConnectionEvent) =>
  "v" in event ? `${event.type} ${event.sessionId} ${event.v}` : event.type;

/** A little longer (ms) than servers keep an idle connection open. */
const longerThanKeepAlive = 6_500;
/** A little longer (ms) than the longest lease that another process may hold. */
const leaseMs = 25_000;
/** The same on a busy machine, until every process has noticed its end. */
const leaseEndMs = 2 * leaseMs;

test.concurrent("a process that freezes after each answer, and loses its idle connections, does everything right", {
  timeout: 120_000,
}, async (context) => {
  const { expect, onTestFinished } = context;
  const user = `user-${randomUUID()}`;
  const server = await startRedis({ args: ["--timeout", "1"] });
  onTestFinished(() => server.stop());
  const redis = openRedis(context, server.url, user);
  const notes = await startOauthServer({ accessTokenTtl: 5 });
  onTestFinished(notes.close);
  const options = { storage: server.url, allowHosts: notes.hosts };
  const app = await startFrozenApp(options);
  onTestFinished(app.stop);
  const watching = await startApp(options);
  onTestFinished(async () => void (await watching.stop()));
  const stream = follow(watching.origin, user);
  onTestFinished(stream.stop);
  await stream.until(({ type }) => type === "reset");
  const { connections, tools } = clientOf(app.origin, user);
  const call = (name: string, args: Record<string, unknown>) => tools.call.mutate({ sessionId, name, arguments: args });

  const { sessionId, state, authUrl } = await connections.connect.mutate({ serverUrl: notes.url, serverName: "Notes" });
  expect(state).toBe("AUTHENTICATING");
  expect(await redis.record(sessionId)).toMatchObject({ state: "AUTHENTICATING" });
  expect(await redis.index()).toEqual([sessionId]);

  await redis.idleDropped();
  const { response, cookie, location } = await openSignIn(authUrl ?? "", user);
  expect(response.status).toBe(303);

  await redis.idleDropped();
  const { text } = await returnFrom(await answerConsentPage(location), cookie);
  expect(text).toContain("Connected to Notes");
  expect(await redis.record(sessionId)).toMatchObject({ state: "CONNECTED", active: true, error: null });

  await redis.idleDropped();
  const created = await call("create_note", { title: "Milk", body: "Two litres" });
  expect(created.structuredContent).toMatchObject({ note: { title: "Milk" } });

  notes.resetRequests();
  await pause(longerThanKeepAlive);
  const found = await call("search_notes", { query: "Milk" });
  expect(found).toMatchObject({ structuredContent: { notes: [{ title: "Milk" }] } });
  const atAuthorizationServer = notes.requests().filter((request) => request.server === "authorization");
  expect(atAuthorizationServer.map(({ path, grantType }) => `${path} ${grantType}`)).toEqual(["/token refresh_token"]);

  await redis.idleDropped();
  await connections.disconnect.mutate({ sessionId });
  expect(await redis.record(sessionId)).toMatchObject({ state: "DISCONNECTED", active: false });
  expect(await redis.keysOf(sessionId)).toContain(`mcp:credentials:${sessionId}`);

  await redis.idleDropped();
  expect(await connections.reconnect.mutate({ sessionId })).toMatchObject({ state: "CONNECTED", authUrl: null });
  expect(await redis.record(sessionId)).toMatchObject({ state: "CONNECTED", active: true, error: null });

  await redis.idleDropped();
  expect(await connections.list.query()).toMatchObject([{ sessionId, state: "CONNECTED" }]);

  await pause(longerThanKeepAlive);
  await connections.remove.mutate({ sessionId });
  expect(await redis.record(sessionId)).toBeNull();
  expect(await redis.index()).toEqual([]);
  // The other process gives up its lease on the session's standing stream once it has heard of this.
  await vi.waitFor(async () => expect(await redis.keysOf(sessionId)).toEqual([]), { timeout: leaseMs });

  await stream.until(({ type }) => type === "session_removed");
  const logged = await redis.events();
  expect(stream.seen.slice(1).map(named)).toEqual(logged.map(named));
  const states = stream.seen.flatMap((event) => (event.type === "state_changed" ? event.state : []));
  expect(states).toEqual([
    ...["CONNECTING", "AUTHENTICATING", "AUTHENTICATED", "DISCOVERING", "CONNECTED"],
    ...["DISCONNECTED", "RECONNECTING", "DISCOVERING", "CONNECTED"],
  ]);
});

/** A gate in front of an MCP server: it holds the requests of one method until it is opened. */
async function startGate(target: string, method: string) {
  let reach: () => void = () => undefined;
  let open: () => void = () => undefined;
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const server = await startLoopbackServer((incoming, outgoing) => {
    const pass = async () => {
      let body = "";
      for await (const chunk of incoming) body += chunk;
      if (body.includes(`"method":"${method}"`)) {
        reach();
        await opened;
      }
      const { host: _host, "content-length": _length, connection: _connection, ...headers } = incoming.headers;
      const sent = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]);
      const init = { method: incoming.method ?? "GET", headers: sent, ...(body ? { body } : {}) };
      const answer = await fetch(target, init);
      const type = answer.headers.get("content-type") ?? "text/plain";
      outgoing.writeHead(answer.status, { "content-type": type }).end(await answer.text());
    };
    pass().catch(() => outgoing.destroy());
  });
  return { ...server, reached, open };
}

for (const [state, method] of [
  ["CONNECTING", "server/discover"],
  ["DISCOVERING", "tools/list"],
] as const) {
  for (const meanwhile of ["the connection stayed untouched", "another process connected it"] as const) {
    test.concurrent(`a process frozen in ${state} beyond its lease wakes to the server's answer and changes nothing: ${meanwhile}`, {
      timeout: 120_000,
    }, async (context) => {
      const { expect, onTestFinished } = context;
      const storage = inject("redisUrl");
      const user = `user-${randomUUID()}`;
      const redis = openRedis(context, storage, user);
      const target = await startModernServer();
      onTestFinished(target.close);
      const gate = await startGate(target.url, method);
      onTestFinished(gate.close);
      const options = { storage, allowHosts: [gate.host] };
      const page = await startApp(options);
      onTestFinished(async () => void (await page.stop()));
      const late = await startFrozenApp({ ...options, baseUrl: page.origin });
      onTestFinished(late.stop);
      const stream = follow(page.origin, user);
      onTestFinished(stream.stop);
      await stream.until(({ type }) => type === "reset");

      const answer = clientOf(late.origin, user).connections.connect.mutate({ serverUrl: `${gate.origin}/mcp` });
      await gate.reached;
      const begun = await stream.until((event) => event.type === "state_changed" && event.state === state);
      const sessionId = begun.sessionId ?? "";
      late.freeze();
      gate.open();
      const failed = await stream.until(
        (event) => event.type === "state_changed" && event.state === "FAILED",
        leaseEndMs,
      );
      expect(failed).toMatchObject({ connection: { error: { code: "INTERRUPTED" } } });
      const { connections } = clientOf(page.origin, user);
      if (meanwhile === "another process connected it") await connections.reconnect.mutate({ sessionId });
      const before = { record: await redis.record(sessionId), events: (await redis.events()).map(named) };
      await vi.waitFor(() => expect(stream.seen.slice(1).map(named)).toEqual(before.events), { timeout: 10_000 });

      late.thaw();
      const { state: shown, error } = before.record;
      expect(await answer).toEqual({ sessionId, state: shown, authUrl: null, error });
      await pause(1_000);
      expect({ record: await redis.record(sessionId), events: (await redis.events()).map(named) }).toEqual(before);
      expect(stream.seen.slice(1).map(named)).toEqual(before.events);

      const { connections: late2 } = clientOf(late.origin, user);
      expect(await late2.reconnect.mutate({ sessionId })).toMatchObject({ state: "CONNECTED", error: null });
    });
  }
}
