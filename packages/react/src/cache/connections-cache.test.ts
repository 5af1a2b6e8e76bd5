import type { McpConnectionEvent, ToolInfo } from "@mcp-assistant/protocol";
import { QueryClient } from "@tanstack/react-query";
import { expect, test, vi } from "vitest";
import { toolsKey } from "../app/trpc.js";
import { connectionsCacheOf, maxRecentEvents } from "./connections-cache.js";

const at = "2026-11-22T10:00:00.000Z";
const reset: McpConnectionEvent = { type: "reset", at, connections: [] };
const tool = (name: string): ToolInfo => ({ name, inputSchema: { type: "object" } });
const base = { sessionId: "s1", serverId: "server", at, v: 1 };

const progress = (message: string): McpConnectionEvent => ({ type: "progress", ...base, message });

const discovered = (tools: ToolInfo[], count = tools.length): McpConnectionEvent => ({
  type: "tools_discovered",
  ...base,
  count,
  hash: "hash",
  added: [],
  removed: [],
  tools,
});

function setUp() {
  const queryClient = new QueryClient();
  const cache = connectionsCacheOf(queryClient);
  cache.record("1-0", reset);
  return { queryClient, cache };
}

test("each query client has one cache of its own", () => {
  const { queryClient, cache } = setUp();
  expect(connectionsCacheOf(queryClient)).toBe(cache);
  expect(connectionsCacheOf(new QueryClient()).lastEventId).toBeUndefined();
});

test("the last event id is lost together with the data", () => {
  const { queryClient, cache } = setUp();
  cache.record("2-0", progress("Dialling"));
  expect(cache.lastEventId).toBe("2-0");
  queryClient.clear();
  expect(cache.lastEventId).toBeUndefined();
  cache.record("3-0", progress("Dialling"));
  expect(cache.lastEventId).toBeUndefined();
});

test("the latest events are kept, each with its id and a key of its own", () => {
  const { cache } = setUp();
  for (let n = 0; n < maxRecentEvents + 5; n += 1) cache.record("2-0", progress(String(n)));
  const recent = cache.recent.get();
  expect(recent).toHaveLength(maxRecentEvents);
  expect(recent.at(-1)).toMatchObject({ id: "2-0", event: { message: String(maxRecentEvents + 4) } });
  expect(new Set(recent.map(({ key }) => key)).size).toBe(maxRecentEvents);
});

test("tools of an event win over an answer that is still on its way", async () => {
  const { queryClient, cache } = setUp();
  let answer: (tools: ToolInfo[]) => void = () => undefined;
  const slow = new Promise<ToolInfo[]>((resolve) => {
    answer = resolve;
  });
  void queryClient.fetchQuery({ queryKey: toolsKey("s1"), queryFn: () => slow }).catch(() => undefined);
  cache.record("2-0", discovered([tool("new")]));
  answer([tool("old")]);
  await vi.waitFor(() => expect(queryClient.getQueryData(toolsKey("s1"))).toEqual([tool("new")]));
  await slow;
  expect(queryClient.getQueryData(toolsKey("s1"))).toEqual([tool("new")]);
});

test("tools that the event could not include are fetched", () => {
  const { queryClient, cache } = setUp();
  queryClient.setQueryData(toolsKey("s1"), [tool("old")]);
  cache.record("2-0", discovered([], 3));
  expect(queryClient.getQueryState(toolsKey("s1"))).toMatchObject({ data: [tool("old")], isInvalidated: true });
});

test("a snapshot in the middle of the stream invalidates the tool lists", () => {
  const { queryClient, cache } = setUp();
  queryClient.setQueryData(toolsKey("s1"), [tool("old")]);
  cache.record("9-0", reset);
  expect(queryClient.getQueryState(toolsKey("s1"))?.isInvalidated).toBe(true);
});

test("a removed session's tools are removed, too", () => {
  const { queryClient, cache } = setUp();
  queryClient.setQueryData(toolsKey("s1"), [tool("old")]);
  cache.record("2-0", { type: "session_removed", ...base });
  expect(queryClient.getQueryData(toolsKey("s1"))).toBeUndefined();
});

test("onEmptied reports when the host clears the cache, but not when we do", () => {
  const { queryClient, cache } = setUp();
  const emptied = vi.fn();
  const stop = cache.onEmptied(emptied);
  queryClient.clear();
  expect(emptied).toHaveBeenCalledOnce();
  cache.record("5-0", reset);
  cache.forget();
  stop();
  cache.record("6-0", reset);
  queryClient.clear();
  expect(emptied).toHaveBeenCalledOnce();
});

test("an event that arrives twice or late counts once", () => {
  const { cache } = setUp();
  const ids = () => cache.recent.get().map(({ id }) => id);
  for (const id of ["2-0", "3-0", "2-0", "3-0"]) cache.record(id, progress("Dialling"));
  cache.record("1-0", reset);
  expect(ids()).toEqual(["1-0", "2-0", "3-0"]);
  cache.record("3-0", progress("Listing tools"));
  expect(ids()).toEqual(["1-0", "2-0", "3-0", "3-0"]);
  expect(cache.lastEventId).toBe("3-0");
});

test("a snapshot without news, as when two tabs answer for the same moment, does not count", () => {
  const { cache } = setUp();
  cache.record("1-0", { ...reset, at: "2026-11-22T10:00:01.000Z" });
  expect(cache.recent.get()).toHaveLength(1);
  cache.record("2-0", { ...reset, at: "2026-11-22T10:00:02.000Z" });
  expect(cache.recent.get()).toHaveLength(2);
});

test("a snapshot of a restarted log counts, although its id is lower", () => {
  const { cache } = setUp();
  cache.record("9-0", progress("Dialling"));
  cache.record("4-0", reset);
  cache.record("5-0", progress("Dialling"));
  expect(cache.lastEventId).toBe("5-0");
});

test("one user's data is not shown to another", () => {
  const { cache } = setUp();
  cache.switchUser("ada");
  expect(cache.connections).toBeUndefined();
  cache.record("5-0", reset);
  cache.switchUser("ada");
  expect(cache.connections).toEqual([]);
  for (const next of ["bob", undefined]) {
    cache.switchUser(next);
    expect([cache.connections, cache.lastEventId, cache.recent.get()]).toEqual([undefined, undefined, []]);
    cache.record("6-0", reset);
  }
});
