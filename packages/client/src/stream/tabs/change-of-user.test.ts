import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  app,
  connectEvents,
  connectOnServer,
  expectTypes,
  type OpenTab,
  openLiveTabs,
  openTab,
  server,
  setUp,
  tearDown,
  typesOf,
  until,
  untilLive,
} from "./shared-stream.fixture.js";

beforeEach(setUp);
afterEach(tearDown);

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
