import { type DemoServer, startModernServer } from "@mcp-assistant/demo-servers/modern";
import { McpSessionError } from "@mcp-assistant/protocol";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createBrowser, failStreams, startApp, type TestApp, type TestBrowser } from "../../app.fixture.js";
import type { StreamStatus } from "../stream-state.js";
import { type TestTab, TestTabs } from "./tabs.fixture.js";

let app: TestApp;
let server: DemoServer;
let tabs: TestTabs;
const closers: (() => void)[] = [];

beforeEach(async () => {
  server = await startModernServer();
  app = await startApp({ allowHosts: server.hosts });
  tabs = new TestTabs();
});

afterEach(async () => {
  vi.restoreAllMocks();
  for (const close of closers.splice(0)) close();
  await app.close();
  await server.close();
});

interface OpenTab extends TestBrowser {
  tab: TestTab;
  close(): void;
}

function openTab(store?: TestBrowser["store"]): OpenTab {
  const tab = tabs.open();
  const browser = createBrowser(app, { tabs: tab, ...(store ? { store } : {}) });
  const close = browser.stream.open();
  closers.push(close);
  return { ...browser, tab, close };
}

async function openLiveTabs(count: number): Promise<OpenTab[]> {
  const opened: OpenTab[] = [];
  for (let n = 0; n < count; n += 1) {
    opened.push(openTab());
    // Wait for the first tab, so that it leads.
    if (n === 0) await untilLive(opened);
  }
  await untilLive(opened);
  return opened;
}

/** Long enough for a busy machine. */
const until = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 5 });

async function untilLive(all: readonly TestBrowser[]): Promise<void> {
  await until(() => {
    for (const { stream, store } of all) {
      expect(stream.state.get()).toEqual({ status: "live", error: null });
      expect(store.connections).toBeDefined();
    }
  });
}

const userId = () => app.user.id ?? "";

const typesOf = ({ store }: TestBrowser) =>
  store.recent.get().map(({ event }) => (event.type === "state_changed" ? event.state : event.type));

const connectEvents = ["CONNECTING", "DISCOVERING", "CONNECTED", "tools_discovered"];
const againEvents = ["DISCONNECTED", "disconnected", "RECONNECTING", "DISCOVERING", "CONNECTED", "tools_discovered"];

async function connectOnServer(): Promise<string> {
  const { sessionId } = await app.mcp.forUser(userId()).connect({ serverUrl: server.url });
  return sessionId;
}

async function disconnectAndReconnect(sessionId: string): Promise<void> {
  await app.mcp.forUser(userId()).disconnect(sessionId);
  await app.mcp.forUser(userId()).reconnect(sessionId);
}

async function expectTypes(all: readonly TestBrowser[], expected: readonly string[]): Promise<void> {
  await until(() => {
    for (const each of all) expect(typesOf(each)).toEqual(expected);
  });
}

test("ten tabs that are opened at once have one stream, and all see everything", async () => {
  const all = Array.from({ length: 10 }, () => openTab());
  await untilLive(all);
  await connectOnServer();
  await expectTypes(all, ["reset", ...connectEvents]);
  const connections = await app.mcp.forUser(userId()).list();
  for (const { store } of all) expect(store.connections).toEqual(connections);
  for (const { store } of all) expect(store.tools.get(connections[0]?.sessionId ?? "")?.tools).toHaveLength(4);
  expect(app.streams).toEqual([{ lastEventId: null }]);
  expect(app.openStreams).toBe(1);
});

test("a tab that is opened later begins with a snapshot from the leader", async () => {
  const [leader] = await openLiveTabs(1);
  await connectOnServer();
  await until(() => expect(leader?.store.connections).toMatchObject([{ state: "CONNECTED" }]));
  const later = openTab();
  await untilLive([later]);
  expect(typesOf(later)).toEqual(["reset"]);
  expect(later.store.connections).toEqual(leader?.store.connections);
  expect(later.store.lastEventId).toBe(leader?.store.lastEventId);
  expect(app.streams).toHaveLength(1);
});

describe("when the leader goes", () => {
  test.each<[string, (leader: OpenTab) => void]>([
    ["is closed", ({ close }) => close()],
    ["goes into the back-forward cache", ({ page }) => page.left()],
    [
      "crashes",
      ({ tab, close }) => {
        tab.crash();
        close();
      },
    ],
  ])("because its tab %s, another tab continues where it stopped", async (_, end) => {
    const [leader, ...others] = await openLiveTabs(4);
    if (!leader) throw new Error("No leader");
    const sessionId = await connectOnServer();
    await expectTypes(others, ["reset", ...connectEvents]);
    const resumeFrom = leader.store.lastEventId;
    end(leader);
    await disconnectAndReconnect(sessionId);
    await expectTypes(others, ["reset", ...connectEvents, ...againEvents]);
    await untilLive(others);
    expect(app.streams.map(({ lastEventId }) => lastEventId)).toEqual([null, resumeFrom]);
    expect(app.openStreams).toBe(1);
  });

  test("again and again during events, nothing is lost and nothing repeated", async () => {
    const all = await openLiveTabs(6);
    const sessionId = await connectOnServer();
    for (const { close } of all.slice(0, 5)) {
      const happening = disconnectAndReconnect(sessionId);
      close();
      await happening;
    }
    const expected = ["reset", ...connectEvents, ...Array.from({ length: 5 }, () => againEvents).flat()];
    const last = all.slice(5);
    await expectTypes(last, expected);
    const ids = last.flatMap(({ store }) => store.recent.get().map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
    await until(() => expect(app.openStreams).toBe(1));
  });
});

test("a tab that comes back from the back-forward cache gets the events that it missed", async () => {
  const [, follower] = await openLiveTabs(2);
  if (!follower) throw new Error("No follower");
  const sessionId = await connectOnServer();
  await expectTypes([follower], ["reset", ...connectEvents]);
  follower.page.left();
  await disconnectAndReconnect(sessionId);
  expect(typesOf(follower)).toHaveLength(5);
  follower.page.restored();
  await expectTypes([follower], ["reset", ...connectEvents, ...againEvents]);
  await untilLive([follower]);
  expect(app.streams).toHaveLength(1);
});

test("a leader that is still alive follows the tab that takes over from it", async () => {
  const [leader, other] = await openLiveTabs(2);
  if (!leader || !other) throw new Error("Not two tabs");
  const sessionId = await connectOnServer();
  await expectTypes([leader, other], ["reset", ...connectEvents]);
  const key = leader.store.owner.get() ?? "";
  await other.tab.requestLock(key, { steal: true }, () => new Promise((resolve) => setTimeout(resolve, 50)));
  await until(() => expect(app.streams).toHaveLength(2));
  await untilLive([leader, other]);
  await disconnectAndReconnect(sessionId);
  await expectTypes([leader, other], ["reset", ...connectEvents, ...againEvents]);
  expect(app.openStreams).toBe(1);
});

test("a provider that is mounted twice, as StrictMode does, counts as one tab", async () => {
  const [leader] = await openLiveTabs(1);
  const strict = createBrowser(app, { tabs: tabs.open() });
  strict.stream.open()();
  closers.push(strict.stream.open());
  await untilLive([strict]);
  await connectOnServer();
  await expectTypes(leader ? [leader, strict] : [], ["reset", ...connectEvents]);
  expect(app.streams).toHaveLength(1);
});

test("two streams over one store record everything once", async () => {
  const first = openTab();
  const second = openTab(first.store);
  await untilLive([first, second]);
  await connectOnServer();
  await expectTypes([first], ["reset", ...connectEvents]);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(typesOf(second)).toEqual(["reset", ...connectEvents]);
  expect(app.openStreams).toBe(1);
});

test("a closed tab records nothing more", async () => {
  const [, follower] = await openLiveTabs(2);
  follower?.close();
  await connectOnServer();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(follower?.store.connections).toEqual([]);
});

test("a tab that drops its data gets a new snapshot", async () => {
  const [leader, follower] = await openLiveTabs(2);
  if (!leader || !follower) throw new Error("Not two tabs");
  await connectOnServer();
  await expectTypes([leader, follower], ["reset", ...connectEvents]);
  for (const { store } of [follower, leader]) {
    store.restart();
    expect(store.connections).toBeUndefined();
    await until(() => expect(store.connections).toMatchObject([{ state: "CONNECTED" }]));
  }
  expect(typesOf(follower)).toEqual(["reset"]);
});

describe("the followers' status", () => {
  test("is that of the leader", async () => {
    const all = await openLiveTabs(3);
    await connectOnServer();
    const seen = all.map(({ stream }) => {
      const statuses: StreamStatus[] = [];
      stream.state.subscribe(() => statuses.push(stream.state.get().status));
      return statuses;
    });
    app.cut();
    await until(() => {
      for (const statuses of seen) expect(statuses).toEqual(["reconnecting", "live"]);
    });
  });

  test("is the error that ended the stream, and a retry in any tab starts it again", async () => {
    const refused = { code: "LIMIT_EXCEEDED", message: "Too many", hint: "Close some.", retryable: false } as const;
    const [leader, follower] = await openLiveTabs(2);
    if (!leader || !follower) throw new Error("Not two tabs");
    const mock = failStreams(app, new McpSessionError(refused));
    app.cut();
    for (const { stream } of [leader, follower]) {
      await until(() => expect(stream.state.get()).toEqual({ status: "offline", error: refused }));
    }
    mock.mockRestore();
    follower.stream.retry();
    await untilLive([leader, follower]);
  });
});

describe("a change of user", () => {
  async function connectedAs(id: string, count: number): Promise<OpenTab[]> {
    app.user.id = id;
    const opened = await openLiveTabs(count);
    await connectOnServer();
    await expectTypes(opened, ["reset", ...connectEvents]);
    return opened;
  }

  test("in another tab: that tab never gets the previous user's data, and the others switch at once", async () => {
    const before = await connectedAs("ada", 2);
    const received: string[] = [];
    app.user.id = "bob";
    const bob = openTab();
    bob.store.recent.subscribe(() => {
      received.push(...bob.store.recent.get().map(({ event }) => JSON.stringify(event)));
    });
    await untilLive([bob]);
    await app.mcp.forUser("ada").connect({ serverUrl: server.url, serverId: "second" });
    await until(() => {
      for (const { store } of before) expect(store.connections).toEqual([]);
    });
    expect(bob.store.connections).toEqual([]);
    expect(received.every((event) => event.includes('"connections":[]'))).toBe(true);
    await connectOnServer();
    await expectTypes([bob, ...before], ["reset", ...connectEvents]);
    await until(() => expect(app.openStreams).toBe(1));
  });

  test("without a message from another tab: a page finds out when it is seen", async () => {
    const [ada] = await connectedAs("ada", 1);
    app.user.id = "bob";
    ada?.page.seen();
    await until(() => expect(ada?.store.connections).toEqual([]));
    expect(ada && typesOf(ada)).toEqual(["reset"]);
  });

  test("while no page is seen: all tabs find out when the stream ends", async () => {
    const all = await connectedAs("ada", 3);
    const userKey = all[0]?.store.owner.get();
    app.user.id = "bob";
    app.cut();
    await until(() => {
      for (const { store } of all) {
        expect(store.connections).toEqual([]);
        expect(store.owner.get()).not.toBe(userKey);
      }
    });
    await untilLive(all);
    await until(() => expect(app.openStreams).toBe(1));
  });

  test("by signing out: all tabs drop their data, and a page that is seen finds the next user", async () => {
    const all = await connectedAs("ada", 3);
    app.user.id = null;
    app.cut();
    await until(() => {
      for (const { store, stream } of all) {
        expect(store.connections).toBeUndefined();
        expect(stream.state.get()).toMatchObject({ status: "offline", error: { code: "UNAUTHENTICATED" } });
      }
    });
    const asked = app.streams.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(app.streams).toHaveLength(asked);
    app.user.id = "bob";
    all[0]?.page.seen();
    await untilLive(all);
    for (const { store } of all) expect(store.connections).toEqual([]);
  });

  test("by signing out: the tab that finds out tells the others", async () => {
    const all = await connectedAs("ada", 3);
    app.user.id = null;
    all[1]?.page.seen();
    await until(() => {
      for (const { store } of all) expect(store.connections).toBeUndefined();
    });
  });

  /** The app's answer from when that user was signed in. */
  const oldAnswer = (userKey: string | undefined) => Response.json({ result: { data: userKey } });

  test("while a tab asks for the user: the tab asks again", async () => {
    const requests = vi.spyOn(globalThis, "fetch");
    const [ada] = await connectedAs("ada", 1);
    const userKey = ada?.store.owner.get();
    requests.mockImplementationOnce(async () => {
      app.user.id = "bob";
      await untilLive([openTab()]);
      return oldAnswer(userKey);
    });
    const late = openTab();
    await untilLive([late]);
    expect(late.store.connections).toEqual([]);
    expect(late.store.owner.get()).not.toBe(userKey);
    expect(app.streams).toHaveLength(2);
  });

  test("is not undone by a late answer about the previous user", async () => {
    const requests = vi.spyOn(globalThis, "fetch");
    const [tab] = await connectedAs("ada", 1);
    if (!tab) throw new Error("No tab");
    const userKey = tab.store.owner.get();
    let answer: (response: Response) => void = () => undefined;
    const slow = new Promise<Response>((resolve) => {
      answer = resolve;
    });
    requests.mockReturnValueOnce(slow);
    tab.page.seen();
    app.user.id = "bob";
    tab.page.seen();
    await until(() => expect(tab.store.connections).toEqual([]));
    answer(oldAnswer(userKey));
    await new Promise((resolve) => setTimeout(resolve, 100));
    await untilLive([tab]);
    expect(tab.store.owner.get()).not.toBe(userKey);
    expect(app.streams).toHaveLength(2);
  });

  test("is not assumed: a page that finds the same user keeps its data", async () => {
    const [ada] = await connectedAs("ada", 1);
    ada?.page.seen();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(ada && typesOf(ada)).toEqual(["reset", ...connectEvents]);
    expect(app.streams).toHaveLength(1);
  });
});

test("an app that names a user but refuses their stream is not asked forever", async () => {
  const info = { code: "UNAUTHENTICATED", message: "Signed out", hint: "Sign in.", retryable: false } as const;
  const mock = failStreams(app, new McpSessionError(info));
  const all = Array.from({ length: 3 }, () => openTab());
  await until(() => {
    for (const { stream } of all) expect(stream.state.get()).toEqual({ status: "offline", error: info });
  });
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(app.streams.length).toBeLessThanOrEqual(3);
  mock.mockRestore();
  all[1]?.stream.retry();
  await untilLive(all.slice(1, 2));
});

test("an app that cannot be reached at first is asked until it answers", async () => {
  app.down = true;
  const [tab] = [openTab()];
  await until(() => expect(tab.stream.state.get().error).toMatchObject({ code: "APP_UNREACHABLE" }));
  expect(tab.stream.state.get().status).toBe("reconnecting");
  app.down = false;
  await untilLive([tab]);
});
