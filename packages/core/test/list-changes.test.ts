import { expect, onTestFinished, test, vi } from "vitest";
import { appFor } from "../src/authorization/sign-in/sign-in.fixture.js";
import { partsOf } from "../src/open-mcps.js";
import type { McpOptions } from "../src/options/options.js";
import { someUser } from "../src/samples.fixture.js";
import { spendAnnouncements } from "../src/standing/announcements.js";
import { startChangingLegacy } from "./changing-server.js";

async function connected(options: Partial<McpOptions> = {}, { echoes = false } = {}) {
  // Without a standing stream, so that only answers bring what the server says.
  const server = await startChangingLegacy({ isStanding: false, echoes });
  const mcp = appFor(server, options);
  onTestFinished(async () => {
    await mcp.close();
    await server.close();
  });
  const user = mcp.forUser(someUser());
  const { sessionId } = await user.connect({ serverUrl: server.url });
  const stream = await user.subscribe();
  onTestFinished(async () => void (await stream.return?.()));
  const events: string[] = [];
  void (async () => {
    for await (const { event } of stream) {
      const names = event.type === "tools_discovered" ? `: ${event.added.join()} of ${event.count}` : "";
      events.push(`${event.type}${names}`);
    }
  })();
  await vi.waitFor(() => expect(events).toEqual(["reset"]));
  events.length = 0;
  server.takeRequests();
  /** Without the question whether there is a standing stream. */
  const asked = () => server.takeRequests().flatMap(({ what }) => (what === "GET" ? [] : [what]));
  const lists = () => server.takeRequests().filter(({ what }) => what === "tools/list").length;
  const grow = (args = {}) => user.callTool(sessionId, "grow", args);
  const { storeId } = partsOf(mcp)();
  const spend = (count: number) => spendAnnouncements({ storeId, userId: user.userId, sessionId }, count);
  return { server, user, sessionId, events, asked, lists, grow, spend };
}

test("a server that says with an answer that its tools have changed is asked for them once, and an event tells", async () => {
  const { user, sessionId, events, lists, grow } = await connected();
  const before = Date.parse((await user.get(sessionId)).toolsListedAt ?? "");
  await grow({ times: 1_000 });
  await vi.waitFor(() => expect(events).toEqual(["tools_discovered: tool1 of 2"]));
  expect(lists()).toBe(1);
  expect((await user.listTools(sessionId)).tools.map(({ name }) => name)).toEqual(["grow", "tool1"]);
  expect(Date.parse((await user.get(sessionId)).toolsListedAt ?? "")).toBeGreaterThan(before);
});

test("however often it says so, it is asked again at most every ten seconds", async () => {
  const { events, lists, grow } = await connected();
  const until = performance.now() + 2_000;
  while (performance.now() < until) await grow({ times: 50 });
  expect(events).toHaveLength(1);
  expect(lists()).toBe(1);
});

test("what it says with its list of tools asks for no other one, or there would be no end to it", async () => {
  const { lists, events, grow } = await connected({}, { echoes: true });
  // What the list at the connect has brought is older than this, so it would have been done by then.
  await grow({ list: "resources" });
  await vi.waitFor(() => expect(events).toEqual(["resources_changed"]));
  expect(lists()).toBe(0);
});

test.each(["resources", "prompts"])(
  "that its %s have changed becomes one event, and asks it for nothing",
  async (list) => {
    const { asked, events, grow } = await connected();
    await grow({ times: 500, list });
    await vi.waitFor(() => expect(events).toEqual([`${list}_changed`]));
    expect(asked()).toEqual(["tools/call"]);
  },
);

test("once its user has disconnected or signed in again, what it said changes nothing", async () => {
  const { server, user, sessionId, events, asked, grow } = await connected();
  const others = ["other", "last"];
  const [other = "", last = ""] = await Promise.all(
    others.map(async (serverId) => (await user.connect({ serverUrl: server.url, serverId })).sessionId),
  );
  await grow({ list: "tools,resources" });
  await user.callTool(other, "grow", { list: "tools,resources" });
  await user.disconnect(sessionId);
  await user.reconnect(other, { headers: { "x-key": "another" } });
  server.takeRequests();
  // What this one says is said later, so the others would have been asked by then.
  await user.callTool(last, "grow", { list: "resources" });
  const changed = () => events.filter((event) => event === "resources_changed");
  await vi.waitFor(() => expect(changed()).toHaveLength(1));
  expect(asked()).toEqual(["tools/call"]);
});

test("a list counts as a call of its user: without one left, it waits, and no call fails for it", async () => {
  const { events, lists, grow } = await connected({ limits: { callsPerMinute: 1 } });
  await expect(grow({ list: "tools,resources" })).resolves.toMatchObject({ content: [] });
  await vi.waitFor(() => expect(events).toEqual(["resources_changed"]));
  expect(lists()).toBe(0);
});

test("a server that has caused too many events is heard later, and the last event of each kind still comes", async () => {
  const { events, lists, grow, spend } = await connected();
  const began = performance.now();
  spend(21);
  await grow({ times: 100, list: "tools,resources,prompts" });
  const all = ["prompts_changed", "resources_changed", "tools_discovered: tool1 of 2"];
  await vi.waitFor(() => expect(events.toSorted()).toEqual(all), { timeout: 30_000 });
  expect(performance.now() - began).toBeGreaterThan(2_500);
  expect(lists()).toBe(1);
});
