import { setTimeout as pause } from "node:timers/promises";
import { createMcp, type Mcp } from "@mcp-assistant/core";
import { createTRPCClient, httpSubscriptionLink } from "@trpc/client";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { EventSource } from "eventsource";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createMcpHandler, type McpAppRouter } from "../src/index.js";
import { isReset, openRaw, subscribeUrl } from "./raw-stream.js";
import { hostRouter, hosts, type RunningHost } from "./stream-hosts.js";
import { expectNoUnhandledRejection, type WatchedStreams, watchable, watchStreams, watchTimers } from "./watch.js";

/** The number of simultaneous streams: fewer than one user may have. */
const many = 6;

let mcp: Mcp;
let user: string;
let host: RunningHost | undefined;

expectNoUnhandledRejection();
beforeEach(() => {
  mcp = createMcp({ storage: "memory", baseUrl: "http://127.0.0.1:3000", limits: watchable });
  user = `user-${crypto.randomUUID()}`;
});
afterEach(async () => {
  await host?.close();
  host = undefined;
  vi.restoreAllMocks();
  await mcp.close();
});

/** Expects every resource of a stream to be released. */
async function expectNothingLeft(streams: WatchedStreams, timers: ReturnType<typeof watchTimers>) {
  await vi.waitFor(async () => expect(await streams.open()).toBe(0));
  await vi.waitFor(() => expect({ timers: timers.running(), listeners: streams.listeners() }).toEqual(nothing));
}

const nothing = { timers: [], listeners: 0 };

describe.each(hosts)("in %s", (_name, start) => {
  test("a real client gets the snapshot first, with an id to resume from, and its end is noticed", async () => {
    const streams = await watchStreams(mcp, user);
    const timers = watchTimers();
    host = await start(mcp, () => user);
    const client = createTRPCClient<McpAppRouter>({
      links: [httpSubscriptionLink({ url: host.url, EventSource })],
    });
    const first = await new Promise<unknown>((resolve, reject) => {
      const subscription = client.mcp.events.subscribe.subscribe(undefined, {
        onData: (event) => {
          subscription.unsubscribe();
          resolve(event);
        },
        onError: reject,
      });
    });
    expect(first).toMatchObject({ id: expect.stringMatching(/^\d+-\d+$/), data: { type: "reset", connections: [] } });
    await expectNothingLeft(streams, timers);
  });

  test("a stream's headers keep proxies from transforming or buffering it", async () => {
    host = await start(mcp, () => user);
    const { response, hangUp } = await openRaw(host.url);
    expect(response.statusCode).toBe(200);
    expect(response.headers["content-type"]).toMatch(/^text\/event-stream/);
    expect(response.headers["cache-control"]?.split(/, */)).toContain("no-transform");
    expect(response.headers["x-accel-buffering"]).toBe("no");
    hangUp();
  });

  test("readers that hang up all at once, three times in a row, leave nothing behind", async () => {
    const streams = await watchStreams(mcp, user);
    const timers = watchTimers();
    host = await start(mcp, () => user);
    for (let round = 0; round < 3; round += 1) {
      const readers = await Promise.all(Array.from({ length: many }, () => openRaw(host?.url ?? "")));
      await Promise.all(readers.map(({ until }) => until(isReset)));
      expect(await streams.open()).toBe(many);
      expect(timers.running().length).toBeGreaterThanOrEqual(many);
      for (const { hangUp } of readers) hangUp();
      await vi.waitFor(async () => expect(await streams.open()).toBe(0));
    }
    await expectNothingLeft(streams, timers);
    expect(streams.given()).toBe(3 * many);
  });

  test("readers that hang up without ever reading leave nothing behind", async () => {
    const streams = await watchStreams(mcp, user);
    const timers = watchTimers();
    host = await start(mcp, () => user);
    const readers = await Promise.all(Array.from({ length: many }, () => openRaw(host?.url ?? "", { reads: false })));
    expect(await streams.open()).toBe(many);
    for (const { hangUp } of readers) hangUp();
    await expectNothingLeft(streams, timers);
  });
});

describe("a host that cancels the body and never aborts the request", () => {
  test("ends the streams of our handler at once, whether they were read or not", async () => {
    const streams = await watchStreams(mcp, user);
    const timers = watchTimers();
    const { GET } = createMcpHandler({ mcp, userId: () => user });
    for (const chunks of [0, 1, 2, 3, 4]) {
      const { body } = await GET(new Request(subscribeUrl("http://app.example.com/api/mcp/trpc")));
      const reader = body?.getReader();
      for (let read = 0; read < chunks; read += 1) await reader?.read();
      await reader?.cancel();
    }
    expect(streams.given()).toBe(5);
    await vi.waitFor(async () => expect(await streams.open()).toBe(0));
    await expectNothingLeft(streams, timers);
  });

  test("ends the streams of a host's own tRPC app with the next heartbeat", async () => {
    const streams = await watchStreams(mcp, user);
    const router = hostRouter(mcp, { ping: { enabled: true, intervalMs: 100 } });
    const bodies = await Promise.all(
      Array.from({ length: many }, async () => {
        const response = await fetchRequestHandler({
          endpoint: "/trpc",
          router,
          req: new Request(subscribeUrl("http://app.example.com/trpc")),
          createContext: () => ({ askUser: () => user }),
        });
        const reader = response.body?.getReader();
        for (let read = 0; read < 8; read += 1) await reader?.read();
        return reader;
      }),
    );
    expect(await streams.open()).toBe(many);
    await pause(10);
    for (const reader of bodies) void reader?.cancel();
    await vi.waitFor(async () => expect(await streams.open()).toBe(0));
  });
});

test("a stream that ends on its own leaves nothing behind, although its request continues", async () => {
  const streams = await watchStreams(mcp, user);
  const timers = watchTimers();
  const { GET } = createMcpHandler({ mcp, userId: () => null });
  const response = await GET(new Request(subscribeUrl("http://app.example.com/api/mcp/trpc")));
  expect(await response.text()).toContain("serialized-error");
  await expectNothingLeft(streams, timers);
});
