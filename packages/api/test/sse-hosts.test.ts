import { createMcp, type Mcp } from "@mcp-assistant/core";
import { type DemoServer, startModernServer } from "@mcp-assistant/demo-servers/modern";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { isReset, openStream, typeOf } from "./raw-stream.js";
import { isErrorFrame, rpc, type SseHost, sseHosts } from "./sse-hosts.js";
import { expectNoUnhandledRejection, type WatchedStreams, watchable, watchStreams, watchTimers } from "./watch.js";

let modern: DemoServer;
let mcp: Mcp;
let user: string;
let host: SseHost | undefined;
let streams: WatchedStreams;
const userId = vi.fn<(request: Request) => string | null>();
const baseUrl = "http://127.0.0.1:3000";

expectNoUnhandledRejection();
beforeEach(async () => {
  modern = await startModernServer();
  mcp = createMcp({
    storage: "memory",
    baseUrl,
    outbound: { allowHosts: modern.hosts },
    limits: watchable,
    logger: null,
  });
  user = `user-${crypto.randomUUID()}`;
  userId.mockReset().mockImplementation(() => user);
  streams = await watchStreams(mcp, user);
});
afterEach(async () => {
  vi.useRealTimers();
  await host?.close();
  host = undefined;
  vi.restoreAllMocks();
  await mcp.close();
  await modern.close();
});

/** Produces six events. */
async function produceEvents(sessionId: string) {
  await mcp.forUser(user).disconnect(sessionId);
  await mcp.forUser(user).reconnect(sessionId);
}

describe.each(sseHosts)("in %s", (_name, start, { keepsStatus }) => {
  const open = async (options: Partial<Parameters<typeof start>[0]> = {}) => {
    host = await start({ userId, mcp, heartbeatInterval: 100, ...options });
    return host.url;
  };

  test("a stream begins with its retry delay and a snapshot, and then has every event once, with its id", async () => {
    const url = await open();
    const stream = await openStream(url);
    expect(stream.response.statusCode).toBe(200);
    expect(stream.response.headers["content-type"]).toMatch(/^text\/event-stream/);
    await stream.until(isReset);
    expect(stream.text()).toMatch(
      /^retry: 500\n\n: user [\w-]{22}\n\nevent: connection\nid: \d+-\d+\ndata: \{"type":"reset"/,
    );
    const { sessionId } = await mcp.forUser(user).connect({ serverUrl: modern.url });
    await stream.until((frame) => typeOf(frame) === "tools_discovered");
    const frames = stream.frames();
    expect(frames.every(({ event }) => event === "connection")).toBe(true);
    expect(new Set(frames.map(({ id }) => id)).size).toBe(frames.length);
    expect(frames.at(-1)?.data).toMatchObject({ sessionId });
    stream.hangUp();
  });

  test("a quiet stream has heartbeats", async () => {
    const stream = await openStream(await open());
    await vi.waitFor(() => expect(stream.text().match(/^: heartbeat\n\n/gm)?.length).toBeGreaterThan(2));
    expect(stream.frames()).toHaveLength(1);
    stream.hangUp();
  });

  test("a cut stream resumes after the last id, with nothing lost or repeated", async () => {
    const url = await open();
    const { sessionId } = await mcp.forUser(user).connect({ serverUrl: modern.url });
    const uncut = await openStream(url);
    const cut = await openStream(url);
    await Promise.all([uncut.until(isReset), cut.until(isReset)]);
    const lastEventId = cut.frames().at(-1)?.id ?? "";
    cut.hangUp();
    await produceEvents(sessionId);
    const resumed = await openStream(url, { headers: { "last-event-id": lastEventId } });
    await produceEvents(sessionId);
    await vi.waitFor(() => expect(uncut.frames()).toHaveLength(13));
    await vi.waitFor(() => expect(resumed.frames()).toEqual(uncut.frames().slice(1)));
    uncut.hangUp();
    resumed.hangUp();
  });

  test("a POST is answered, also when its body has been read before", async () => {
    const url = await open();
    const { sessionId } = await mcp.forUser(user).connect({ serverUrl: modern.url });
    const answer = await rpc(url, {
      id: "7",
      method: "callTool",
      params: { sessionId, name: "add", arguments: { a: 20, b: 22 } },
    });
    expect(answer).toMatchObject({ id: "7", result: { structuredContent: { sum: 42 } } });
    const listed = await rpc(url, { id: "8", method: "getSessions" });
    expect(listed).toEqual({ id: "8", result: { sessions: [expect.objectContaining({ sessionId })] } });
  });

  test("readers that hang up leave nothing behind", async () => {
    const timers = watchTimers();
    const url = await open();
    const readers = await Promise.all(
      Array.from({ length: 5 }, (_, index) => openStream(url, { reads: index % 2 === 0 })),
    );
    expect(await streams.open()).toBe(5);
    for (const { hangUp } of readers) hangUp();
    await vi.waitFor(async () => expect(await streams.open()).toBe(0));
    await vi.waitFor(() => expect(timers.running()).toEqual([]));
    expect(streams.listeners()).toBe(0);
  });

  test("without a signed-in user, a stream and a POST are refused, and the body says why", async () => {
    userId.mockReturnValue(null);
    const url = await open();
    const stream = await openStream(url);
    await stream.ended;
    expect(stream.response.statusCode).toBe(keepsStatus ? 401 : 200);
    const error = expect.objectContaining({ code: "UNAUTHENTICATED", retryable: false });
    expect(stream.frames()).toEqual([{ event: "error", data: error }]);
    expect(await rpc(url, { id: "1", method: "getSessions" })).toEqual({ id: "1", error });
    expect(streams.given()).toBe(0);
  });

  test("a user who signs out in the middle loses the stream within a minute, with the reason", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const stream = await openStream(await open());
    await stream.until(isReset);
    userId.mockReturnValue(null);
    await vi.advanceTimersByTimeAsync(60_000);
    expect((await stream.until(isErrorFrame)).data).toMatchObject({ code: "UNAUTHENTICATED" });
    await stream.ended;
    expect(await streams.open()).toBe(0);
  });

  test("onAuth decides before the first byte, and again every minute", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const onAuth = vi.fn<(userId: string) => boolean>(() => false);
    const url = await open({ onAuth });
    const refused = await openStream(url);
    await refused.ended;
    expect(refused.response.statusCode).toBe(keepsStatus ? 403 : 200);
    expect(refused.frames()).toMatchObject([{ event: "error", data: { code: "ACCESS_DENIED" } }]);
    expect(await rpc(url, { id: "1", method: "getSessions" })).toMatchObject({ error: { code: "ACCESS_DENIED" } });

    onAuth.mockReturnValue(true);
    const stream = await openStream(url);
    await stream.until(isReset);
    expect(onAuth).toHaveBeenLastCalledWith(user);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(stream.frames().some(isErrorFrame)).toBe(false);
    onAuth.mockReturnValue(false);
    await vi.advanceTimersByTimeAsync(60_000);
    expect((await stream.until(isErrorFrame)).data).toMatchObject({ code: "ACCESS_DENIED", retryable: false });
    await stream.ended;
    expect(await streams.open()).toBe(0);
  });

  test.each([
    ["userId", "throws", { userId: () => expect.fail("postgres://app:hunter2@db") }],
    ["onAuth", "throws", { onAuth: () => expect.fail("postgres://app:hunter2@db") }],
    ["onAuth", "rejects", { onAuth: () => Promise.reject(new Error("postgres://app:hunter2@db")) }],
  ])("if %s %s, the answer is a 500 that says nothing of the reason", async (_option, _how, options) => {
    const url = await open(options);
    const stream = await openStream(url);
    await stream.ended;
    expect(stream.response.statusCode).toBe(keepsStatus ? 500 : 200);
    expect(stream.frames()).toMatchObject([{ event: "error", data: { code: "INTERNAL", retryable: true } }]);
    const answer = await rpc(url, { id: "1", method: "getSessions" });
    expect(answer).toMatchObject({ id: "1", error: { code: "INTERNAL", retryable: false } });
    expect(stream.text() + JSON.stringify(answer)).not.toContain("hunter2");
  });

  test("a stream ends without a word after its maximum duration, and can be resumed", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const stream = await openStream(await open({ heartbeatInterval: 30_000 }));
    await vi.waitFor(() => expect(stream.frames()).toHaveLength(1));
    for (let passed = 0; passed < 300_000; passed += 15_000) await vi.advanceTimersByTimeAsync(15_000);
    vi.useRealTimers();
    await stream.ended;
    expect(stream.frames().some(isErrorFrame)).toBe(false);
    expect(stream.text().match(/: heartbeat/g)?.length).toBeGreaterThan(6);
    expect(await streams.open()).toBe(0);
  });
});
