import { request } from "node:http";
import { createMcp, type Mcp } from "@mcp-assistant/core";
import { type DemoServer, startModernServer } from "@mcp-assistant/demo-servers/modern";
import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import { createTRPCClient, httpSubscriptionLink, retryLink } from "@trpc/client";
import { EventSource } from "eventsource";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import type { McpAppRouter } from "../src/index.js";
import { type Frame, isReset, openRaw, parseFrames } from "./raw-stream.js";
import { type RunningHost, startOurHandler } from "./stream-hosts.js";
import { expectNoUnhandledRejection, watchable, watchStreams } from "./watch.js";

let modern: DemoServer;
let mcp: Mcp;
let host: RunningHost;
const user = `user-${crypto.randomUUID()}`;

expectNoUnhandledRejection();
beforeEach(async () => {
  modern = await startModernServer();
  mcp = createMcp({
    storage: "memory",
    baseUrl: "http://127.0.0.1:3000",
    outbound: { allowHosts: modern.hosts },
    limits: watchable,
  });
  host = await startOurHandler(mcp, () => user);
});
afterEach(async () => {
  vi.useRealTimers();
  await host.close();
  await mcp.close();
  await modern.close();
});

const idsOf = (frames: Frame[]) => frames.flatMap(({ id }) => id ?? []);

/** Produces six events. */
async function produceEvents(sessionId: string) {
  await mcp.forUser(user).disconnect(sessionId);
  await mcp.forUser(user).reconnect(sessionId);
}

test("a stream begins with its retry delay, before anything that tRPC writes", async () => {
  const stream = await openRaw(host.url);
  await stream.until(isReset);
  expect(stream.text()).toMatch(/^retry: 500\n\nevent: connected\n/);
  expect(stream.frames()[0]?.data).toEqual({ reconnectAfterInactivityMs: 35_000 });
  expect(stream.frames()[1]?.id).toMatch(/^\d+-\d+$/);
  stream.hangUp();
});

test("a quiet stream has a heartbeat every 15 s, ends silently after 5 min, and can be resumed", async () => {
  const { sessionId } = await mcp.forUser(user).connect({ serverUrl: modern.url });
  const streams = await watchStreams(mcp, user);
  // The time goes on by itself, too: streams of one user begin one after the other, with a pause.
  const toFake = ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] as const;
  vi.useFakeTimers({ toFake: [...toFake], shouldAdvanceTime: true });
  const stream = await openRaw(host.url);
  await vi.waitFor(() => expect(stream.frames().some(isReset)).toBe(true));
  const heartbeats = () => stream.frames().filter(({ event }) => event === "ping").length;
  await vi.advanceTimersByTimeAsync(15_000);
  await vi.waitFor(() => expect(heartbeats()).toBe(1));
  let passed = 15_000;
  for (; passed < 285_000; passed += 15_000) await vi.advanceTimersByTimeAsync(15_000);
  expect(await streams.open()).toBe(1);
  await vi.advanceTimersByTimeAsync(300_000 - passed);
  vi.useRealTimers();
  await stream.ended;
  expect(heartbeats()).toBeGreaterThan(15);
  expect(stream.frames().map(({ event }) => event)).not.toContain("return");
  expect(stream.text()).not.toContain("serialized-error");
  expect(await streams.open()).toBe(0);

  await produceEvents(sessionId);
  const lastEventId = idsOf(stream.frames()).at(-1) ?? "";
  const resumed = await openRaw(host.url, { headers: { "last-event-id": lastEventId } });
  await vi.waitFor(() => expect(idsOf(resumed.frames())).toHaveLength(6));
  expect(resumed.frames().some(isReset)).toBe(false);
  resumed.hangUp();
});

/** A gateway in front of the app that can answer 502 for it, as during a deploy. */
async function startGateway(target: string) {
  const noop = (): void => undefined;
  const gateway = { down: 0, cut: noop, asked: [] as (string | null)[] };
  const server = await startLoopbackServer((incoming, outgoing) => {
    const { searchParams } = new URL(incoming.url ?? "/", target);
    const input: { lastEventId?: string } = JSON.parse(searchParams.get("input") ?? "{}");
    gateway.asked.push(incoming.headers["last-event-id"]?.toString() ?? input.lastEventId ?? null);
    if (gateway.down > 0) {
      gateway.down -= 1;
      outgoing.writeHead(502).end("<h1>Bad gateway</h1>");
      return;
    }
    const passed = request(new URL(incoming.url ?? "/", target), { headers: incoming.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    }).on("error", () => outgoing.destroy());
    passed.end();
    outgoing.once("close", () => passed.destroy());
    gateway.cut = () => void outgoing.destroy();
  });
  onTestFinished(server.close);
  return { gateway, url: server.origin + new URL(target).pathname };
}

test("a real client that gets 502s for a while resumes after its last event, with nothing lost or repeated", async () => {
  const { gateway, url } = await startGateway(host.url);
  const client = createTRPCClient<McpAppRouter>({
    links: [
      // Retry forever, with a short maximum wait: the link does not reset its count after a success.
      retryLink({ retry: () => true, retryDelayMs: (attempt) => Math.min(200, 50 * attempt) }),
      httpSubscriptionLink({ url, EventSource }),
    ],
  });
  const seen: string[] = [];
  const subscription = client.mcp.events.subscribe.subscribe(undefined, {
    onData: ({ id }) => void seen.push(id),
    onError: (error) => expect.fail(error.message),
  });
  const uncut = await openRaw(host.url);
  await uncut.until(isReset);
  await vi.waitFor(() => expect(seen).toHaveLength(1));
  const { sessionId } = await mcp.forUser(user).connect({ serverUrl: modern.url });
  for (let round = 0; round < 3; round += 1) {
    await vi.waitFor(() => expect(seen.at(-1)).toBe(idsOf(uncut.frames()).at(-1)));
    const last = seen.at(-1);
    gateway.down = 3;
    gateway.asked.length = 0;
    gateway.cut();
    await produceEvents(sessionId);
    await vi.waitFor(() => expect(seen.at(-1)).toBe(idsOf(uncut.frames()).at(-1)), 10_000);
    expect(seen.at(-1)).not.toBe(last);
    expect(gateway.asked).toEqual([last, last, last, last]);
  }
  await produceEvents(sessionId);
  await vi.waitFor(() => expect(seen.at(-1)).toBe(idsOf(uncut.frames()).at(-1)));
  expect(seen).toEqual(idsOf(uncut.frames()));
  expect(seen.length).toBeGreaterThan(25);
  subscription.unsubscribe();
  uncut.hangUp();
});

test("frames are parsed as a browser parses them", () => {
  expect(parseFrames('retry: 500\n\nevent: ping\ndata: \n\ndata: {"a":1}\nid: 1-0\n\nevent: cut')).toEqual([
    { event: "ping", data: "" },
    { data: { a: 1 }, id: "1-0" },
  ]);
});
