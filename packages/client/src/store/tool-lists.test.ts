import type { McpConnectionEvent, ToolInfo } from "@mcp-assistant/protocol";
import { expect, test } from "vitest";
import { ToolLists } from "./tool-lists.js";

const base = { sessionId: "s1", serverId: "server", at: "2026-11-22T10:00:00.000Z", v: 1 };
const tool = (name: string): ToolInfo => ({ name, inputSchema: { type: "object" } });
const snapshot: McpConnectionEvent = { type: "reset", at: base.at, connections: [] };

const discovered = (hash: string, tools: ToolInfo[], count = tools.length): McpConnectionEvent => ({
  type: "tools_discovered",
  ...base,
  count,
  hash,
  added: [],
  removed: [],
  tools,
});

function known() {
  const lists = new ToolLists();
  lists.apply(discovered("one", [tool("old")]), true);
  return lists;
}

test("the tools that an event includes are the list", () => {
  const lists = known();
  lists.apply(discovered("two", [tool("new")]), true);
  expect(lists.get("s1")).toEqual({ tools: [tool("new")], hash: "two", isStale: false });
});

test("tools that the event could not include make the list stale, once for each list", () => {
  const lists = known();
  lists.apply(discovered("one", [], 3), true);
  expect(lists.get("s1")?.isStale).toBe(false);
  lists.apply(discovered("two", [], 3), true);
  expect(lists.get("s1")).toMatchObject({ tools: [tool("old")], isStale: true });
  lists.answer("s1", [tool("new")], lists.get("s1"));
  lists.apply(discovered("two", [], 3), true);
  expect(lists.get("s1")).toEqual({ tools: [tool("new")], hash: "two", isStale: false });
});

test("tools of an event win over an answer that was still on its way", () => {
  const lists = known();
  const before = lists.get("s1");
  lists.apply(discovered("two", [tool("new")]), true);
  expect(lists.answer("s1", [tool("late")], before)).toEqual([tool("new")]);
  expect(lists.get("s1")?.tools).toEqual([tool("new")]);
});

test("an answer that was overtaken by a list too large for its event is shown, and asked for again", () => {
  const lists = known();
  const before = lists.get("s1");
  lists.apply(discovered("two", [], 3), true);
  lists.answer("s1", [tool("late")], before);
  expect(lists.get("s1")).toMatchObject({ tools: [tool("late")], isStale: true });
});

test("a snapshot in the middle of the stream makes the lists stale, and drops those of sessions that are gone", () => {
  const lists = known();
  lists.apply(snapshot, false);
  expect(lists.get("s1")?.isStale).toBe(false);
  const connection = { sessionId: "s1" } as Extract<McpConnectionEvent, { type: "reset" }>["connections"][number];
  lists.apply({ ...snapshot, connections: [connection] }, true);
  expect(lists.get("s1")).toMatchObject({ tools: [tool("old")], isStale: true });
  lists.apply(snapshot, true);
  expect(lists.get("s1")).toBeUndefined();
});

test("a removed session's tools are dropped", () => {
  const lists = known();
  lists.apply({ type: "session_removed", ...base }, true);
  expect(lists.get("s1")).toBeUndefined();
});
