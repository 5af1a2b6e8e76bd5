import type { ServerResponse } from "node:http";
import { createMcp, type Mcp } from "@mcp-assistant/core";
import { type LoopbackServer, startLoopbackServer } from "@mcp-assistant/testing/servers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createSSEHandler } from "../src/index.js";
import { startLargeMcpServer } from "./large-mcp-server.js";
import { openStream, parseFrames, typeOf } from "./raw-stream.js";
import { expectNoUnhandledRejection, type WatchedStreams, watchable, watchStreams } from "./watch.js";

/** The size (characters) of each `tools_discovered`. */
const size = 1_048_576;
const rounds = 5;

let large: LoopbackServer;
let mcp: Mcp;
let user: string;
let streams: WatchedStreams;

expectNoUnhandledRejection();
beforeEach(async () => {
  large = await startLargeMcpServer(size);
  mcp = createMcp({
    storage: "memory",
    baseUrl: "http://127.0.0.1:3000",
    outbound: { allowHosts: [large.host] },
    limits: { ...watchable, connectsPerMinute: 60_000 },
    logger: null,
  });
  user = `user-${crypto.randomUUID()}`;
  streams = await watchStreams(mcp, user);
});
afterEach(async () => {
  await mcp.close();
  await large.close();
});

async function produceLargeEvents() {
  const { sessionId } = await mcp.forUser(user).connect({ serverUrl: `${large.origin}/mcp` });
  for (let round = 1; round < rounds; round += 1) {
    await mcp.forUser(user).disconnect(sessionId);
    await mcp.forUser(user).reconnect(sessionId);
  }
}

const isLarge = (frame: Parameters<typeof typeOf>[0]) => typeOf(frame) === "tools_discovered";

/** Without parsing what may be megabytes. */
const countLarge = (text: string) => text.match(/^data: \{"type":"tools_discovered"/gm)?.length ?? 0;

test("a reader over node:http that does not read costs a part of an event, loses nothing, and slows no one", {
  timeout: 120_000,
}, async () => {
  const responses: ServerResponse[] = [];
  const handler = createSSEHandler({ userId: user, mcp, heartbeatInterval: 20 });
  const server = await startLoopbackServer((req, res) => {
    responses.push(res);
    void handler(req, res);
  });
  const stalled = await openStream(server.origin, { reads: false });
  const quick = await openStream(server.origin);
  await produceLargeEvents();
  await vi.waitFor(() => expect(countLarge(quick.text())).toBe(rounds), 40_000);
  expect(responses[0]?.writableLength).toBeGreaterThan(0);
  expect(responses[0]?.writableLength).toBeLessThan(size / 4);
  stalled.read();
  await vi.waitFor(() => expect(countLarge(stalled.text())).toBe(rounds), 40_000);
  // The end of the last large event, and the small one behind it, may still be on their way to either.
  const idsOf = (stream: typeof quick) => stream.frames().map(({ id }) => id);
  await vi.waitFor(() => expect(idsOf(stalled)).toEqual(idsOf(quick)), { interval: 200 });
  for (const { hangUp } of [stalled, quick]) hangUp();
  await vi.waitFor(async () => expect(await streams.open()).toBe(0));
  await server.close();
});

test("a host that does not tell what was taken gets a bounded stream, and a reader loses nothing by that", {
  timeout: 120_000,
}, async () => {
  const handler = createSSEHandler({ userId: user, mcp });
  async function open(lastEventId: string | undefined, until: (text: string) => boolean) {
    const stop = new AbortController();
    const headers = new Headers(lastEventId === undefined ? {} : { "last-event-id": lastEventId });
    let text = "";
    const write = (data: string) => {
      text += data;
      if (until(text)) stop.abort();
    };
    const request = new Request("http://127.0.0.1:3000/api/mcp/sse", { headers, signal: stop.signal });
    await handler(request, { writeHead: () => undefined, write, end: () => undefined });
    return text;
  }
  const first = open(undefined, () => false);
  await vi.waitFor(async () => expect(await streams.open()).toBe(1));
  await produceLargeEvents();
  const text = await first;
  expect(text.length).toBeGreaterThan(4_194_304);
  expect(text.length).toBeLessThan(4_194_304 + 1.5 * size);
  expect(await streams.open()).toBe(0);
  const frames = parseFrames(text);
  const before = frames.filter(isLarge).length;
  const isWhole = (more: string) => countLarge(more) === rounds - before && more.endsWith("\n\n");
  const rest = await open(frames.at(-1)?.id, isWhole);
  expect(parseFrames(rest).filter(isLarge)).toHaveLength(rounds - before);
  expect(parseFrames(rest).some((frame) => typeOf(frame) === "reset")).toBe(false);
  await vi.waitFor(async () => expect(await streams.open()).toBe(0));
});
