import type { ConnectionsStore } from "@mcp-assistant/client";
import type { McpConnectionEvent, ToolInfo } from "@mcp-assistant/protocol";
import { QueryClient } from "@tanstack/react-query";
import { expect, test, vi } from "vitest";
import {
  connectionsKey,
  instructionsKey,
  promptsKey,
  resourceKey,
  resourcesKey,
  resourceTemplatesKey,
  toolsKey,
} from "./keys.js";
import { storeOf } from "./query-mirror.js";

const at = "2026-11-22T10:00:00.000Z";
const reset: McpConnectionEvent = { type: "reset", at, connections: [] };
const tool = (name: string): ToolInfo => ({ name, inputSchema: { type: "object" } });
const base = { sessionId: "s1", serverId: "server", at, v: 1 };
const removed: McpConnectionEvent = { type: "session_removed", ...base };

const discovered = (hash: string, tools: ToolInfo[], count = tools.length): McpConnectionEvent => ({
  type: "tools_discovered",
  ...base,
  count,
  hash,
  added: [],
  removed: [],
  tools,
});

function setUp() {
  const queryClient = new QueryClient();
  const store = storeOf(queryClient);
  store.record("1-0", reset);
  return { queryClient, store };
}

const shown = (queryClient: QueryClient) => queryClient.getQueryData(connectionsKey);
const toolsOf = (queryClient: QueryClient) => queryClient.getQueryData(toolsKey("s1"));

test("each query client has one store of its own", () => {
  const { queryClient, store } = setUp();
  expect(storeOf(queryClient)).toBe(store);
  expect(storeOf(new QueryClient()).lastEventId).toBeUndefined();
});

test("the store's connections and tools are in the query cache under tRPC's keys", () => {
  const { queryClient, store } = setUp();
  expect(shown(queryClient)).toBe(store.connections);
  store.record("2-0", discovered("one", [tool("add")]));
  expect(toolsOf(queryClient)).toEqual([tool("add")]);
  store.record("3-0", removed);
  expect(toolsOf(queryClient)).toBeUndefined();
});

test("anything else that is written there is replaced by what the store has", () => {
  const { queryClient, store } = setUp();
  store.record("2-0", discovered("one", [tool("add")]));
  queryClient.setQueryData(connectionsKey, [{ sessionId: "wrong" }]);
  queryClient.setQueryData(toolsKey("s1"), []);
  expect(shown(queryClient)).toBe(store.connections);
  expect(toolsOf(queryClient)).toEqual([tool("add")]);
});

test("a host that insists on sharing the structure of data does not end in a loop", async () => {
  const { queryClient } = setUp();
  const options = { queryKey: connectionsKey, staleTime: 0, structuralSharing: true } as const;
  await queryClient.fetchQuery({ ...options, queryFn: async () => [] });
  expect(shown(queryClient)).toEqual([]);
});

test.each<[string, (queryClient: QueryClient) => unknown]>([
  ["clears", (queryClient) => queryClient.clear()],
  ["resets", (queryClient) => queryClient.resetQueries()],
])("when the host %s the cache, the data is dropped, and the next snapshot is written again", async (_, empty) => {
  const { queryClient, store } = setUp();
  store.record("2-0", discovered("one", [tool("add")]));
  const restarted = vi.fn();
  store.restarts.subscribe(restarted);
  await empty(queryClient);
  expect(restarted).toHaveBeenCalledOnce();
  expect([store.connections, store.lastEventId, store.recent.get(), toolsOf(queryClient)]).toEqual([
    undefined,
    undefined,
    [],
    undefined,
  ]);
  store.record("5-0", reset);
  expect(shown(queryClient)).toEqual([]);
});

test("dropping the data ourselves is not mistaken for it", () => {
  const { queryClient, store } = setUp();
  const restarted = vi.fn();
  store.restarts.subscribe(restarted);
  store.forget();
  expect(shown(queryClient)).toBeUndefined();
  expect(restarted).not.toHaveBeenCalled();
});

test("tools of an event win over an answer that is still on its way", async () => {
  const { queryClient, store } = setUp();
  let answer: (tools: ToolInfo[]) => void = () => undefined;
  const slow = new Promise<ToolInfo[]>((resolve) => {
    answer = resolve;
  });
  const fetching = queryClient.fetchQuery({ queryKey: toolsKey("s1"), queryFn: () => slow });
  store.record("2-0", discovered("one", [tool("new")]));
  answer([tool("old")]);
  await fetching;
  expect(toolsOf(queryClient)).toEqual([tool("new")]);
});

const isInvalidated = (queryClient: QueryClient) => queryClient.getQueryState(toolsKey("s1"))?.isInvalidated;

test.each<[string, (queryClient: QueryClient, store: ConnectionsStore) => void]>([
  ["an event has brought", (_, store) => store.record("2-0", discovered("one", [tool("old")]))],
  ["the host has fetched", (queryClient) => queryClient.setQueryData(toolsKey("s1"), [tool("old")])],
])("tools that %s expire with a newer list that is too large for its event, and with a snapshot", (_, bring) => {
  for (const event of [discovered("two", [], 3), reset]) {
    const { queryClient, store } = setUp();
    bring(queryClient, store);
    expect(isInvalidated(queryClient)).toBe(false);
    store.record("9-0", event);
    expect(isInvalidated(queryClient)).toBe(true);
  }
});

test("what a server offers leaves the cache with its session, and all of it with the user", () => {
  const { queryClient, store } = setUp();
  const ofFirst = [resourcesKey("s1"), resourceKey("s1", "a:b"), promptsKey("s1"), instructionsKey("s1")];
  const keys = [...ofFirst, resourceKey("s2", "a:b")];
  const kept = () => keys.map((key) => queryClient.getQueryData(key) !== undefined);
  for (const key of keys) queryClient.setQueryData(key, { leftOut: 0 });
  store.record("2-0", discovered("one", []));
  expect(kept()).toEqual([true, true, true, true, true]);
  store.record("3-0", removed);
  expect(kept()).toEqual([false, false, false, false, true]);
  store.restart();
  expect(kept()).toEqual([false, false, false, false, false]);
});

test.each<[McpConnectionEvent, (readonly unknown[])[]]>([
  [{ type: "resources_changed", ...base }, [resourcesKey("s1"), resourceTemplatesKey("s1")]],
  [{ type: "prompts_changed", ...base }, [promptsKey("s1")]],
  [
    { type: "resource_updated", ...base, uri: "file:///a/b" },
    [resourceKey("s1", "file:///a"), resourceKey("s1", "file:///a/b")],
  ],
])("what a server says has changed expires, and nothing else: %j", (event, expired) => {
  const { queryClient, store } = setUp();
  const lists = ["s1", "s2"].flatMap((id) => [resourcesKey(id), resourceTemplatesKey(id), promptsKey(id)]);
  const read = ["file:///a", "file:///a/b", "file:///c"].flatMap((uri) => [
    resourceKey("s1", uri),
    resourceKey("s2", uri),
  ]);
  const all = [...lists, ...read];
  for (const key of all) queryClient.setQueryData(key, {});
  store.record("2-0", event);
  const isExpired = (key: readonly unknown[]) => queryClient.getQueryState(key)?.isInvalidated;
  expect(all.filter(isExpired)).toEqual(expired);
});
