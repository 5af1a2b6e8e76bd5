import { createServer, request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createMcp, type Mcp } from "@mcp-assistant/core";
import { eventually } from "@mcp-assistant/testing/eventually";
import { startScopedMcpServer, startStallingMcpServer } from "@mcp-assistant/testing/servers";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { createMcpHandler, toNodeHandler } from "../src/index.js";
import { createAppRouter } from "../src/router/app-router.js";
import { encryptionKeys } from "./app.js";
import { expectNoUnhandledRejection } from "./watch.js";

const aborts = 10_000;
const warmUp = 1_500;
const concurrency = 40;
const user = "ada";

/** More than this test uses up, so that no request is refused before it has begun. */
const limits = {
  ...{ connectsPerMinute: 60_000, signInsPerMinute: 60_000, callsPerMinute: 60_000, streamsPerMinute: 60_000 },
  ...{ listBytesPerMinute: 2 ** 40, callsPerSession: 10_000, streamsPerUser: 1_000 },
};

interface Wanted {
  method: "GET" | "POST";
  path: string;
  body?: unknown;
}

const query = (name: string, input?: unknown): Wanted => ({
  method: "GET",
  path: `/api/mcp/trpc/${name}${input === undefined ? "" : `?input=${encodeURIComponent(JSON.stringify(input))}`}`,
});
const mutation = (name: string, body: unknown): Wanted => ({ method: "POST", path: `/api/mcp/trpc/${name}`, body });

expectNoUnhandledRejection();
setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/** The app behind node:http in this process, with a Redis of its own and two MCP servers. */
async function start() {
  const [redis, plain, scoped] = await Promise.all([
    startRedis(),
    startStallingMcpServer("tools/call"),
    startScopedMcpServer({ wants: () => undefined }),
  ]);
  plain.release();
  let handler: ReturnType<typeof toNodeHandler> | undefined;
  const server = createServer((incoming, response) => void handler?.(incoming, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const mcp = createMcp({
    ...{ storage: redis.url, encryptionKeys, baseUrl: `http://127.0.0.1:${port}`, limits, logger: null },
    outbound: { allowHosts: [plain.host, scoped.host] },
  });
  handler = toNodeHandler(
    createMcpHandler({ mcp, userId: ({ headers }) => (headers.get("cookie")?.includes(`user=${user}`) ? user : null) }),
  );
  const raw = new Redis(redis.url);
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    raw.disconnect();
    await mcp.close();
    await Promise.all([plain.close(), scoped.close(), redis.stop()]);
  });
  return { mcp, port, raw, plain: `${plain.origin}/mcp`, scoped: scoped.url };
}

/** Every procedure of the router, and every sign-in page, by name. */
async function requestsOf(mcp: Mcp, { plain, scoped }: { plain: string; scoped: string }) {
  const one = mcp.forUser(user);
  const sessionOf = async (serverId: string, serverUrl = plain) =>
    (await one.connect({ serverUrl, serverId })).sessionId;
  const [used, waiting, other] = [
    await sessionOf("used"),
    await sessionOf("waiting", scoped),
    await sessionOf("other"),
  ];
  const completed = { ref: { type: "ref/prompt", name: "a" }, argument: { name: "b", value: "c" } };
  const procedures: Record<string, () => Wanted> = {
    "mcp.connections.list": () => query("mcp.connections.list"),
    "mcp.connections.connect": () => mutation("mcp.connections.connect", { serverUrl: plain, serverId: "again" }),
    "mcp.connections.reconnect": () => mutation("mcp.connections.reconnect", { sessionId: other }),
    "mcp.connections.disconnect": () => mutation("mcp.connections.disconnect", { sessionId: other }),
    "mcp.connections.signOut": () => mutation("mcp.connections.signOut", { sessionId: other }),
    "mcp.connections.refreshSession": () => mutation("mcp.connections.refreshSession", { sessionId: used }),
    "mcp.connections.rename": () => mutation("mcp.connections.rename", { sessionId: other, serverName: "Other" }),
    "mcp.connections.instructions": () => query("mcp.connections.instructions", { sessionId: used }),
    "mcp.connections.remove": () => mutation("mcp.connections.remove", { sessionId: "gone-already" }),
    "mcp.tools.list": () => query("mcp.tools.list", { sessionId: used }),
    "mcp.tools.call": () => mutation("mcp.tools.call", { sessionId: used, name: "wait", arguments: {} }),
    "mcp.resources.list": () => query("mcp.resources.list", { sessionId: used }),
    "mcp.resources.templates": () => query("mcp.resources.templates", { sessionId: used }),
    "mcp.resources.read": () => mutation("mcp.resources.read", { sessionId: used, uri: "x:a" }),
    "mcp.resources.subscribe": () => mutation("mcp.resources.subscribe", { sessionId: used, uri: "x:a" }),
    "mcp.resources.unsubscribe": () => mutation("mcp.resources.unsubscribe", { sessionId: used, uri: "x:a" }),
    "mcp.prompts.list": () => query("mcp.prompts.list", { sessionId: used }),
    "mcp.prompts.get": () => mutation("mcp.prompts.get", { sessionId: used, name: "a" }),
    "mcp.completions.complete": () => mutation("mcp.completions.complete", { sessionId: used, ...completed }),
    "mcp.events.subscribe": () => query("mcp.events.subscribe", {}),
    "mcp.events.userKey": () => query("mcp.events.userKey"),
  };
  const page = (path: string) => (): Wanted => ({ method: "GET", path: `/api/mcp/auth/${path}` });
  const pages = {
    start: page(`start?session=${encodeURIComponent(waiting)}`),
    callback: page("callback?state=unknown&code=code"),
    issuer: page(`issuer/${"a".repeat(43)}?state=unknown&code=code`),
    result: page(`result/${"a".repeat(64)}`),
  };
  return { procedures, pages };
}

/** Sends a request and ends its socket some moments later, wherever the answer is by then. */
function abortOne(port: number, { method, path, body }: Wanted, afterMs: number): Promise<void> {
  const origin = `http://127.0.0.1:${port}`;
  const headers = { cookie: `user=${user}`, origin, "content-type": "application/json" };
  return new Promise((resolve) => {
    const sent = request({ port, host: "127.0.0.1", method, path, headers, agent: false }, (answer) => answer.resume());
    sent.on("error", () => undefined).on("close", () => resolve());
    sent.end(body === undefined ? undefined : JSON.stringify(body));
    void pause(afterMs).then(() => sent.destroy());
  });
}

async function abortAll(port: number, makers: readonly (() => Wanted)[], count: number): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < count; index = next++) {
      const maker = makers[index % makers.length];
      if (maker) await abortOne(port, maker(), index % 13);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

/** What the process holds: sockets, timers and others, each with its number, and the heap in MiB. */
function held() {
  collectGarbage();
  const counts: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1;
  return { counts, heap: process.memoryUsage().heapUsed / 2 ** 20 };
}

test(`${aborts} aborted requests leave no socket, timer, listener, stream or lasting key behind`, {
  timeout: 180_000,
}, async () => {
  const warnings: Error[] = [];
  const warned = (warning: Error) => void warnings.push(warning);
  process.on("warning", warned);
  onTestFinished(() => void process.off("warning", warned));
  const { mcp, port, raw, ...servers } = await start();
  const { procedures, pages } = await requestsOf(mcp, servers);
  expect(Object.keys(procedures).sort()).toEqual(Object.keys(createAppRouter(mcp)._def.procedures).sort());
  const makers = [...Object.values(procedures), ...Object.values(pages)];
  await abortAll(port, makers, warmUp);
  await eventually(async () => (await raw.pubsub("CHANNELS", "*")).length === 0, { timeout: 10_000 });
  await pause(2_000);
  const before = held();

  await abortAll(port, makers, aborts);
  // The last stream has ended.
  await eventually(async () => (await raw.pubsub("CHANNELS", "*")).length === 0, { timeout: 10_000 });
  const { counts, heap } = await eventually(
    () => {
      const now = held();
      const isBack = ["TCPSocketWrap", "TCPServerWrap", "Timeout", "Immediate"].every(
        (name) => (now.counts[name] ?? 0) <= (before.counts[name] ?? 0) + 10,
      );
      return isBack ? now : undefined;
    },
    { timeout: 30_000, every: 500 },
  ).catch(held);
  for (const [name, count] of Object.entries(counts)) {
    expect([name, count - (before.counts[name] ?? 0)]).toEqual([name, expect.toSatisfy((more) => more <= 10)]);
  }
  expect(heap - before.heap).toBeLessThan(32);
  expect(warnings.filter(({ name }) => name === "MaxListenersExceededWarning")).toEqual([]);

  // A user whose streams were not released could not open as many as they may.
  const streams = [];
  for (let count = 0; count < limits.streamsPerUser; count += 1) streams.push(await mcp.forUser(user).subscribe());
  await Promise.all(streams.map((stream) => stream.return?.()));

  const kinds = new Map<string, number>();
  const attemptLives: number[] = [];
  for (const key of await raw.keys("*")) {
    const kind = key.split(":")[1] ?? "";
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    const ms = await raw.pttl(key);
    expect([kind, ms > 0]).toEqual([kind, true]);
    if (kind === "attempt") attemptLives.push(ms);
  }
  // An attempt is made before the browser is told. It lives ten minutes, and no longer because it was aborted.
  const starts = Math.ceil((warmUp + aborts) / makers.length);
  expect(attemptLives.length).toBeLessThanOrEqual(starts);
  expect(Math.max(0, ...attemptLives)).toBeLessThanOrEqual(600_000);
  expect(kinds.get("session")).toBe(4);
  expect(kinds.get("registration")).toBe(1);
  const others = [...kinds].filter(([kind]) => !["attempt", "session", "registration"].includes(kind));
  expect(others.reduce((sum, [, count]) => sum + count, 0)).toBeLessThan(60);
});
