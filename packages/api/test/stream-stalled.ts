import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createMcp, type Mcp } from "@mcp-assistant/core";
import type { LoopbackServer } from "@mcp-assistant/testing/servers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { startLargeMcpServer } from "./large-mcp-server.js";
import { isError, isReset, openRaw, type RawStream, typeOf } from "./raw-stream.js";
import { type AskUser, type RunningHost, type StartHost, startOurHandler } from "./stream-hosts.js";
import { expectNoUnhandledRejection, type WatchedStreams, watchable, watchStreams } from "./watch.js";

/** The size (characters) of each `tools_discovered`: a few dozen of them fill a socket's buffers. */
const size = 128 * 1_024;

/** The number of sessions that produce events at the same time. */
const sessions = 10;

let server: LoopbackServer;
let mcp: Mcp;
let host: RunningHost;
let user: string;
let askUser: ReturnType<typeof vi.fn<AskUser>>;
let streams: WatchedStreams;

expectNoUnhandledRejection();
beforeEach(async () => {
  server = await startLargeMcpServer(size);
  mcp = createMcp({
    storage: "memory",
    baseUrl: "http://127.0.0.1:3000",
    outbound: { allowHosts: [server.host] },
    // The events that a slow reader misses are produced quickly.
    limits: { ...watchable, connectsPerMinute: 60_000 },
  });
  user = `user-${crypto.randomUUID()}`;
  askUser = vi.fn<AskUser>(() => user);
  streams = await watchStreams(mcp, user);
});
afterEach(async () => {
  vi.useRealTimers();
  await host.close();
  await mcp.close();
  await server.close();
});

async function connectAll(): Promise<string[]> {
  const connected = Array.from({ length: sessions }, (_, index) =>
    mcp.forUser(user).connect({
      serverUrl: `${server.origin}/mcp`,
      serverId: `server-${index}`,
      transportType: "streamable-http",
    }),
  );
  return (await Promise.all(connected)).map(({ sessionId }) => sessionId);
}

/** Produces six events for each session and round, one of them large. */
async function produceEvents(sessionIds: string[], rounds: number) {
  for (let round = 0; round < rounds; round += 1) {
    await Promise.all(
      sessionIds.map(async (sessionId) => {
        await mcp.forUser(user).disconnect(sessionId);
        await mcp.forUser(user).reconnect(sessionId);
      }),
    );
  }
}

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

function heapMegabytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / 1_048_576;
}

/** What a stalled reader costs the process, and the readers beside it. */
export function boundedQueueScenario(): void {
  test("a reader that stops reading costs a bounded queue, gets a new snapshot later, and slows no other reader", {
    timeout: 120_000,
  }, async () => {
    host = await startOurHandler(mcp, askUser);
    const ids = await connectAll();
    const stalled = await openRaw(host.url, { reads: false });
    const counted = countingReader(await openRaw(host.url, { reads: false }));
    await produceEvents(ids, 2);
    const before = heapMegabytes();
    const rounds = 30;
    await produceEvents(ids, rounds);
    const grown = heapMegabytes() - before;
    const produced = (rounds * sessions * size) / 1_048_576;
    expect(produced).toBeGreaterThan(35);
    expect(grown).toBeLessThan(produced / 3);

    await vi.waitFor(() => expect(counted.types.get("tools_discovered")).toBe((rounds + 2) * sessions), 30_000);
    expect(counted.types.get("reset")).toBe(1);

    stalled.read();
    await vi.waitFor(() => expect(stalled.frames().filter(isReset)).toHaveLength(2), 30_000);
    await produceEvents(ids.slice(0, 1), 1);
    await vi.waitFor(() => expect(typeOf(stalled.frames().at(-1) ?? {})).toBe("tools_discovered"), 30_000);
    expect(stalled.frames().filter((frame) => typeOf(frame) === "tools_discovered").length).toBeLessThan(
      rounds * sessions,
    );
    stalled.hangUp();
    counted.stream.hangUp();
    await vi.waitFor(async () => expect(await streams.open()).toBe(0), 15_000);
  });
}

/** What the host of a stream does for a reader that no longer reads. */
export function stalledReaderScenario(name: string, start: StartHost): void {
  describe(`a reader of ${name} that stops reading`, () => {
    beforeEach(async () => {
      host = await start(mcp, askUser, { ping: { enabled: true, intervalMs: 50 } });
    });

    test("and then hangs up ends only its own stream", async () => {
      const ids = await connectAll();
      const readers = await Promise.all(Array.from({ length: 6 }, () => openRaw(host.url, { reads: false })));
      const counted = countingReader(await openRaw(host.url, { reads: false }));
      await produceEvents(ids, 8);
      for (const { hangUp } of readers) {
        hangUp();
        await produceEvents(ids.slice(0, 1), 1);
      }
      await vi.waitFor(async () => expect(await streams.open()).toBe(1), 15_000);
      await vi.waitFor(() => expect(counted.types.get("tools_discovered")).toBe(8 * sessions + 6), 30_000);
      counted.stream.hangUp();
      await vi.waitFor(async () => expect(await streams.open()).toBe(0), 15_000);
    });

    test("loses its stream when its user signs out meanwhile, and finds out when it reads again", async () => {
      const ids = await connectAll();
      vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
      const stalled = await openRaw(host.url, { reads: false });
      await produceEvents(ids, 12);
      askUser.mockReturnValue(null);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(await streams.open()).toBe(0);
      stalled.read();
      expect((await stalled.until(isError)).data).toMatchObject({ data: { mcp: { code: "UNAUTHENTICATED" } } });
      await stalled.ended;
      expect(stalled.frames().filter((frame) => typeOf(frame) === "tools_discovered").length).toBeLessThan(
        12 * sessions,
      );
    });
  });
}

/** Reads a stream and keeps only the number of events of each type. */
function countingReader(stream: RawStream) {
  const types = new Map<string, number>();
  let rest = "";
  stream.response.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const type = /^data: \{"type":"(\w+)"/.exec(line)?.[1];
      if (type) types.set(type, (types.get(type) ?? 0) + 1);
    }
  });
  return { stream, types };
}
