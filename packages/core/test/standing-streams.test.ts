import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { appFor } from "../src/authorization/sign-in/sign-in.fixture.js";
import type { McpUser } from "../src/mcp.js";
import type { McpOptions } from "../src/options/options.js";
import { someUser } from "../src/samples.fixture.js";
import {
  type ChangingOptions,
  type ChangingServer,
  startChangingLegacy,
  startChangingModern,
} from "./changing-server.js";

const soon = { timeout: 10_000 };

async function connectedTo(server: ChangingServer, options: Partial<McpOptions> = {}) {
  const mcp = appFor(server, options);
  onTestFinished(async () => {
    await mcp.close();
    await server.close();
  });
  const user = mcp.forUser(someUser());
  const { sessionId } = await user.connect({ serverUrl: server.url });
  server.takeRequests();
  return { server, mcp, user, sessionId };
}

/** Opens an event stream of the user, and notes what comes. */
async function read(user: McpUser) {
  const stream = await user.subscribe();
  const events: string[] = [];
  const end = async () => void (await stream.return?.());
  onTestFinished(end);
  void (async () => {
    for await (const { event } of stream) {
      if (event.type === "tools_discovered") events.push(`tools: ${event.added.join()}`);
      else if (event.type === "resource_updated") events.push(`updated: ${event.uri}`);
      else if (event.type.endsWith("_changed") && event.type !== "state_changed") events.push(event.type);
    }
  })();
  return { events, end };
}

/** What a server has last been asked to tell of. */
function followedAt(server: ChangingServer, request: string): string[] {
  const asked = asks.get(server) ?? [];
  asks.set(server, asked);
  asked.push(...server.takeRequests());
  if (request !== "GET")
    return JSON.parse(asked.findLast(({ what }) => what === request)?.uri ?? "{}").resourceSubscriptions;
  return asked.flatMap(({ what, uri }) => (what === "resources/subscribe" && uri ? [uri] : [])).sort();
}
const asks = new Map<ChangingServer, ReturnType<ChangingServer["takeRequests"]>>();

describe.each([
  ["legacy", () => startChangingLegacy(), "GET"],
  ["modern", () => startChangingModern(), "subscriptions/listen"],
] as const)("a server of the %s era", (_, start, request) => {
  test("tells what has changed while its user reads events, on one stream", async () => {
    const { server, user } = await connectedTo(await start());
    expect(server.streams()).toBe(0);
    const [{ events }] = await Promise.all([read(user), read(user)]);
    await vi.waitFor(() => expect(server.streams()).toBe(1), soon);
    server.addTool();
    await vi.waitFor(() => expect(events).toEqual(["tools: tool1"]), soon);
    server.changeResources();
    server.changePrompts();
    await vi.waitFor(() => expect(events.toSorted()).toEqual(["prompts_changed", "resources_changed", "tools: tool1"]));
    expect(server.mostStreams()).toBe(1);
  });

  test("has no stream without readers, nor long after the last one has gone", async () => {
    const { server, user, sessionId } = await connectedTo(await start());
    await user.callTool(sessionId, "grow").catch(() => undefined);
    expect(server.mostStreams()).toBe(0);
    const first = await read(user);
    await vi.waitFor(() => expect(server.streams()).toBe(1), soon);
    // A page that is loaded again keeps it.
    await first.end();
    const second = await read(user);
    await second.end();
    expect(server.streams()).toBe(1);
    await vi.waitFor(() => expect(server.streams()).toBe(0), soon);
    expect(server.takeRequests().filter(({ what }) => what === request)).toHaveLength(1);
  });

  test.each<[string, (user: McpUser, sessionId: string) => Promise<unknown>]>([
    ["disconnects", (user, sessionId) => user.disconnect(sessionId)],
    ["signs out", (user, sessionId) => user.signOut(sessionId)],
    ["removes it", (user, sessionId) => user.remove(sessionId)],
  ])("loses it when its user %s", async (_how, end) => {
    const { server, user, sessionId } = await connectedTo(await start());
    await read(user);
    await vi.waitFor(() => expect(server.streams()).toBe(1), soon);
    await end(user, sessionId);
    await vi.waitFor(() => expect(server.streams()).toBe(0), soon);
    expect(server.mostStreams()).toBe(1);
  });

  test("gets another with other headers, and loses it with the app", async () => {
    const { server, mcp, user, sessionId } = await connectedTo(await start());
    await read(user);
    await vi.waitFor(() => expect(server.streams()).toBe(1), soon);
    server.takeRequests();
    await user.reconnect(sessionId, { headers: { "x-key": "another" } });
    await vi.waitFor(() => expect(server.takeRequests().map(({ what }) => what)).toContain(request), soon);
    await vi.waitFor(() => expect(server.streams()).toBe(1), soon);
    await mcp.close();
    await vi.waitFor(() => expect(server.streams()).toBe(0), soon);
  });

  test("tells of the resources that are followed, and of what is below them", async () => {
    const { server, user, sessionId } = await connectedTo(await start());
    const { events } = await read(user);
    await user.subscribeResource(sessionId, "file:///a");
    await user.subscribeResource(sessionId, "file:///b", { follower: "one" });
    await user.subscribeResource(sessionId, "file:///b", { follower: "two" });
    await user.unsubscribeResource(sessionId, "file:///b", { follower: "one" });
    await vi.waitFor(() => expect(followedAt(server, request)).toEqual(["file:///a", "file:///b"]), soon);
    for (const uri of ["file:///a", "file:///b", "file:///other"]) server.updateResource(uri);
    await vi.waitFor(() => expect(events.toSorted()).toEqual(["updated: file:///a", "updated: file:///b"]), soon);
    events.length = 0;
    await user.unsubscribeResource(sessionId, "file:///b", { follower: "two" });
    for (const uri of ["file:///b", "file:///a"]) server.updateResource(uri);
    await vi.waitFor(() => expect(events).toEqual(["updated: file:///a"]), soon);
  });

  test("gets it again when it breaks, and the connection stays CONNECTED", async () => {
    const { server, user, sessionId } = await connectedTo(await start());
    const { events } = await read(user);
    await vi.waitFor(() => expect(server.streams()).toBe(1), soon);
    server.breakStreams();
    await vi.waitFor(() => expect(server.streams()).toBe(0), soon);
    await vi.waitFor(() => expect(server.streams()).toBe(1), soon);
    server.changePrompts();
    await vi.waitFor(() => expect(events).toEqual(["prompts_changed"]), soon);
    expect(await user.get(sessionId)).toMatchObject({ state: "CONNECTED", error: null });
  });
});

test("a connection gets its stream again after a disconnect, also when the stream has broken before", async () => {
  const { server, user, sessionId } = await connectedTo(await startChangingLegacy());
  await read(user);
  await vi.waitFor(() => expect(server.streams()).toBe(1), soon);
  const began = performance.now();
  server.breakStreams();
  await vi.waitFor(() => expect(server.streams()).toBe(0), soon);
  await vi.waitFor(() => expect(server.streams()).toBe(1), soon);
  await user.disconnect(sessionId);
  await vi.waitFor(() => expect(server.streams()).toBe(0), soon);
  // By then, what belonged to the broken stream has looked what is followed for the last time.
  await vi.waitFor(() => expect(performance.now() - began).toBeGreaterThan(6_000), soon);
  await user.reconnect(sessionId);
  await vi.waitFor(() => expect(server.streams()).toBe(1), soon);
});

test("a connection whose handshake is more than a day old gets a stream with a new one", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  const { server, user, sessionId } = await connectedTo(await startChangingLegacy(), { sessionTtl: 7 * 86_400 });
  vi.setSystemTime(Date.now() + 25 * 3_600_000);
  const { events } = await read(user);
  await vi.waitFor(() => expect(server.streams()).toBe(1), soon);
  expect(server.takeRequests().map(({ what }) => what)).toContain("initialize");
  server.changePrompts();
  await vi.waitFor(() => expect(events).toEqual(["prompts_changed"]), soon);
  expect(await user.get(sessionId)).toMatchObject({ state: "CONNECTED", error: null });
});

test("a server of the modern era is asked once for many resources that are followed one after the other", async () => {
  const { server, user, sessionId } = await connectedTo(await startChangingModern());
  await read(user);
  await vi.waitFor(() => expect(server.streams()).toBe(1), soon);
  server.takeRequests();
  const uris = Array.from({ length: 6 }, (_, n) => `file:///${n}`);
  for (const uri of uris) {
    await user.subscribeResource(sessionId, uri);
    // Longer than the least that changes wait for one another.
    await pause(130);
  }
  const asked: unknown[] = [];
  await vi.waitFor(() => {
    asked.push(...server.takeRequests().flatMap(({ what, uri }) => (what === "subscriptions/listen" ? [uri] : [])));
    expect(asked.at(-1)).toContain("file:///5");
  }, soon);
  expect(asked.length).toBeLessThanOrEqual(2);
});

test.each([
  ["that the server refuses is not sent again", "7", [undefined, "7", undefined]],
  ["that no header can carry is not sent", "→1", [undefined, undefined]],
  ["that is long is not sent", "7".repeat(100_000), [undefined, undefined]],
])("the ID of an event %s", async (_, id, asked) => {
  const sent: unknown[] = [];
  const onGet: ChangingOptions["onGet"] = ({ headers }, response) => {
    const lastEventId = headers["last-event-id"];
    sent.push(lastEventId);
    if (lastEventId !== undefined) return response.writeHead(400).end();
    const said = { jsonrpc: "2.0", method: "notifications/prompts/list_changed" };
    return response
      .writeHead(200, { "content-type": "text/event-stream" })
      .write(`id: ${id}\ndata: ${JSON.stringify(said)}\n\n`);
  };
  const { server, user } = await connectedTo(await startChangingLegacy({ onGet }));
  const { events } = await read(user);
  await vi.waitFor(() => expect(events).toEqual(["prompts_changed"]), soon);
  server.breakStreams();
  await vi.waitFor(() => expect(sent).toEqual(asked), soon);
});

test.each([
  [400, "application/json"],
  [401, "text/plain"],
  [403, "text/plain"],
  [200, "text/html"],
])(
  "a server that answers %i with %s is asked once for a stream, as long as it answers a ping",
  async (status, type) => {
    const onGet: ChangingOptions["onGet"] = (_, response) =>
      response.writeHead(status, { "content-type": type }).end("{}");
    const { server, user, sessionId } = await connectedTo(await startChangingLegacy({ onGet }));
    const all: string[] = [];
    const asked = () => {
      all.push(...server.takeRequests().flatMap(({ what }) => (what === "GET" || what === "ping" ? [what] : [])));
      return all;
    };
    await read(user);
    await vi.waitFor(() => expect(asked()).toEqual(["GET", "ping"]), soon);
    // Another connection shows that the time has come at which this one would have been asked again.
    await user.connect({ serverUrl: server.url, serverId: "other" });
    await vi.waitFor(() => expect(asked()).toEqual(["GET", "ping", "GET", "ping"]), soon);
    expect(await user.get(sessionId)).toMatchObject({ state: "CONNECTED", error: null });
  },
);

test.each<[string, ChangingOptions, string[]]>([
  ["tells of no changes gets no request for a stream", { listChanged: false }, []],
  ["has no stream is asked for it once", { isStanding: false }, ["GET"]],
])("a server that %s", async (_, options, asked) => {
  const { server, user, sessionId } = await connectedTo(await startChangingLegacy(options));
  const first = await read(user);
  const gets = () => server.takeRequests().flatMap(({ what }) => (what === "GET" ? [what] : []));
  const all: string[] = [];
  const refreshed = async () => {
    all.push(...gets());
    return all;
  };
  if (asked.length > 0) await vi.waitFor(async () => expect(await refreshed()).toEqual(asked), soon);
  await first.end();
  // Another connection shows that the time has come at which this one would have been asked again.
  const { sessionId: other } = await user.connect({ serverUrl: server.url, serverId: "other" });
  await read(user);
  if (asked.length > 0) await vi.waitFor(async () => expect(await refreshed()).toEqual([...asked, ...asked]), soon);
  expect(await refreshed()).toHaveLength(2 * asked.length);
  expect(await user.get(sessionId)).toMatchObject({ state: "CONNECTED", error: null });
  expect(other).not.toBe(sessionId);
});
