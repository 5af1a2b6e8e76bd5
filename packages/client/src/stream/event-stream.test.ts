import { type DemoServer, startModernServer } from "@mcp-assistant/demo-servers/modern";
import type { McpConnectionEvent } from "@mcp-assistant/protocol";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createBrowser, failStreams, startApp, type TestApp, type TestBrowser } from "../app.fixture.js";
import type { StreamStatus } from "./stream-state.js";

let app: TestApp;
let server: DemoServer;
const closers: (() => void)[] = [];

beforeEach(async () => {
  server = await startModernServer();
  app = await startApp({ allowHosts: server.hosts });
});

afterEach(async () => {
  for (const close of closers.splice(0)) close();
  await app.close();
  await server.close();
});

/** Long enough for a busy machine. */
const until = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 5 });

const userId = () => app.user.id ?? "";

/** Opens a browser's stream until the test ends, or until the returned function is called. */
function open({ stream }: TestBrowser): () => void {
  const close = stream.open();
  closers.push(close);
  return close;
}

async function openLive(browser = createBrowser(app)): Promise<TestBrowser & { close: () => void }> {
  const close = open(browser);
  await untilStatus(browser, "live");
  await until(() => expect(browser.store.connections).toBeDefined());
  return { ...browser, close };
}

async function untilStatus({ stream }: TestBrowser, status: StreamStatus): Promise<void> {
  await until(() => expect(stream.state.get().status).toBe(status));
}

const typesOf = ({ store }: TestBrowser) => store.recent.get().map(({ event }) => shortly(event));

const shortly = (event: McpConnectionEvent) => (event.type === "state_changed" ? event.state : event.type);

const connectEvents = ["CONNECTING", "DISCOVERING", "CONNECTED", "tools_discovered"];

async function connectOnServer(): Promise<string> {
  const { sessionId } = await app.mcp.forUser(userId()).connect({ serverUrl: server.url });
  return sessionId;
}

test("a snapshot comes first, then the events", async () => {
  const browser = await openLive();
  expect(browser.store.connections).toEqual([]);
  const sessionId = await connectOnServer();
  await until(() => expect(typesOf(browser)).toEqual(["reset", ...connectEvents]));
  expect(browser.store.connections).toEqual(await app.mcp.forUser(userId()).list());
  expect(browser.store.connections).toMatchObject([{ sessionId, state: "CONNECTED", toolCount: 4 }]);
  expect(app.streams).toEqual([{ lastEventId: null }]);
});

test("the tools that an event includes need no request", async () => {
  const { store } = await openLive();
  const sessionId = await connectOnServer();
  await until(() => expect(store.tools.get(sessionId)?.tools).toHaveLength(4));
});

describe("a stream that is cut", () => {
  test("resumes with nothing lost and nothing repeated", async () => {
    const browser = await openLive();
    const sessionId = await connectOnServer();
    await until(() => expect(typesOf(browser)).toHaveLength(5));
    for (let round = 0; round < 5; round += 1) {
      app.cut();
      await app.mcp.forUser(userId()).disconnect(sessionId);
      await app.mcp.forUser(userId()).reconnect(sessionId);
    }
    const again = ["DISCONNECTED", "disconnected", "RECONNECTING", "DISCOVERING", "CONNECTED", "tools_discovered"];
    const expected = ["reset", ...connectEvents, ...Array.from({ length: 5 }, () => again).flat()];
    await until(() => expect(typesOf(browser)).toEqual(expected));
    const ids = browser.store.recent.get().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(browser.store.connections).toEqual(await app.mcp.forUser(userId()).list());
    expect(app.streams.slice(1).every(({ lastEventId }) => lastEventId !== null)).toBe(true);
  });

  test("shows reconnecting, and then is live again", async () => {
    const browser = await openLive();
    await connectOnServer();
    const seen: StreamStatus[] = [];
    browser.stream.state.subscribe(() => seen.push(browser.stream.state.get().status));
    app.cut();
    await untilStatus(browser, "reconnecting");
    await untilStatus(browser, "live");
    expect(seen).toEqual(["reconnecting", "live"]);
  });

  test("survives a gateway that answers 502 for a while", async () => {
    const browser = await openLive();
    const sessionId = await connectOnServer();
    await until(() => expect(typesOf(browser)).toHaveLength(5));
    app.down = true;
    app.cut();
    await until(() => expect(browser.stream.state.get().error).not.toBeNull());
    expect(browser.stream.state.get()).toMatchObject({ status: "reconnecting", error: { retryable: true } });
    await app.mcp.forUser(userId()).disconnect(sessionId);
    const resumedFrom = browser.store.lastEventId;
    app.down = false;
    await untilStatus(browser, "live");
    await until(() => expect(typesOf(browser).slice(5)).toEqual(["DISCONNECTED", "disconnected"]));
    expect(browser.stream.state.get().error).toBeNull();
    expect(app.streams.at(-1)).toEqual({ lastEventId: resumedFrom });
  });
});

describe("a stream that is opened again", () => {
  test("resumes if its data is still there", async () => {
    const first = await openLive();
    const sessionId = await connectOnServer();
    await until(() => expect(typesOf(first)).toHaveLength(5));
    first.close();
    await app.mcp.forUser(userId()).disconnect(sessionId);
    const second = createBrowser(app, { store: first.store });
    open(second);
    await until(() => expect(typesOf(second)).toEqual(["reset", ...connectEvents, "DISCONNECTED", "disconnected"]));
  });

  test("begins with a snapshot if its data is gone", async () => {
    const first = await openLive();
    await connectOnServer();
    first.close();
    first.store.forget();
    const second = createBrowser(app, { store: first.store });
    open(second);
    expect(second.store.recent.get()).toEqual([]);
    await until(() => expect(second.store.connections).toHaveLength(1));
    expect(typesOf(second)).toEqual(["reset"]);
    expect(app.streams.map(({ lastEventId }) => lastEventId)).toEqual([null, null]);
  });

  test("immediately, as StrictMode does, loses nothing", async () => {
    const browser = createBrowser(app);
    browser.stream.open()();
    open(browser);
    await connectOnServer();
    await until(() => expect(browser.store.connections).toMatchObject([{ state: "CONNECTED" }]));
    expect(typesOf(browser).filter((type) => type === "CONNECTED").length).toBeLessThanOrEqual(1);
  });

  test("records nothing after it is closed", async () => {
    const browser = await openLive();
    browser.close();
    browser.stream.retry();
    await connectOnServer();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(browser.store.connections).toEqual([]);
    expect(app.streams).toHaveLength(1);
  });
});

test("a stream whose data is dropped begins again with a snapshot", async () => {
  const { store } = await openLive();
  await connectOnServer();
  await until(() => expect(store.connections).toMatchObject([{ state: "CONNECTED" }]));
  store.restart();
  expect(store.connections).toBeUndefined();
  await until(() => expect(store.connections).toMatchObject([{ state: "CONNECTED" }]));
  expect(store.recent.get().map(({ event }) => event.type)).toEqual(["reset"]);
  expect(app.streams.map(({ lastEventId }) => lastEventId)).toEqual([null, null]);
});

test("a refusal ends the stream and drops its data, and retry starts again for the user who is signed in then", async () => {
  const browser = await openLive();
  await connectOnServer();
  await until(() => expect(browser.store.connections).toHaveLength(1));
  app.user.id = null;
  app.cut();
  await untilStatus(browser, "offline");
  expect(browser.stream.state.get().error).toMatchObject({ code: "UNAUTHENTICATED", retryable: false });
  expect(browser.store.connections).toBeUndefined();
  expect(browser.store.recent.get()).toEqual([]);
  const asked = app.streams.length;
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(app.streams).toHaveLength(asked);

  app.user.id = crypto.randomUUID();
  browser.stream.retry();
  await until(() => expect(browser.store.connections).toEqual([]));
  expect(browser.stream.state.get()).toEqual({ status: "live", error: null });
  expect(app.streams.at(-1)).toEqual({ lastEventId: null });
});

test("a refused stream never shows itself as live", async () => {
  app.user.id = null;
  const browser = createBrowser(app);
  const seen: StreamStatus[] = [];
  browser.stream.state.subscribe(() => seen.push(browser.stream.state.get().status));
  open(browser);
  await untilStatus(browser, "offline");
  expect(seen).toEqual(["offline"]);
});

test("a failing app is retried more and more slowly", async () => {
  failStreams(app, new Error("Defect"));
  const browser = createBrowser(app);
  open(browser);
  await until(() => expect(browser.stream.state.get().error).toMatchObject({ code: "INTERNAL", retryable: true }));
  expect(browser.stream.state.get().status).toBe("reconnecting");
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(app.streams.length).toBeGreaterThan(1);
  expect(app.streams.length).toBeLessThan(5);
});

test("an app that says when to retry is not asked earlier, and then it works", async () => {
  const busy = await startApp({ limits: { streamsPerMinute: 20 } });
  const userId = busy.user.id ?? "";
  for (let count = 0; count < 20; count++) await (await busy.mcp.forUser(userId).subscribe()).return?.();
  const browser = createBrowser(busy);
  open(browser);
  await until(() => expect(browser.stream.state.get().error?.code).toBe("RATE_LIMITED"));
  const [refusedAt, shown] = [performance.now(), browser.stream.state.get()];
  expect(shown).toMatchObject({ status: "reconnecting", error: { retryable: true } });
  expect(shown.error?.hint).toMatch(/^Try again in [1-3] seconds?\.$/);
  await untilStatus(browser, "live");
  expect(performance.now() - refusedAt).toBeGreaterThan((shown.error?.retryAfter ?? 0) - 100);
  expect(busy.streams).toHaveLength(2);
  await busy.close();
});

test("losing the network shows offline, and getting it back reconnects at once", async () => {
  let online = true;
  let changed: () => void = () => undefined;
  const network = {
    online: () => online,
    subscribe: (listener: () => void) => {
      changed = listener;
      return () => undefined;
    },
  };
  const browser = await openLive(createBrowser(app, { network }));
  online = false;
  changed();
  expect(browser.stream.state.get().status).toBe("offline");
  online = true;
  changed();
  expect(browser.stream.state.get().status).toBe("reconnecting");
  await untilStatus(browser, "live");
});
