import { McpSessionError } from "@mcp-assistant/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createBrowser, failStreams } from "../../app.fixture.js";
import type { StreamStatus } from "../stream-state.js";
import {
  againEvents,
  app,
  closers,
  connectEvents,
  connectOnServer,
  disconnectAndReconnect,
  expectTypes,
  type OpenTab,
  openLiveTabs,
  openTab,
  setUp,
  tabs,
  tearDown,
  typesOf,
  until,
  untilLive,
  userId,
} from "./shared-stream.fixture.js";

beforeEach(setUp);
afterEach(tearDown);

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
