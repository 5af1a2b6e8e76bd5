import type { McpConnectionEvent } from "@mcp-assistant/protocol";
import { expect, test } from "vitest";
import type { RecentEvent } from "../../store/connections-store.js";
import { type LeaderData, missedEvents } from "./missed-events.js";

const at = "2026-11-22T10:00:00.000Z";
const base = { sessionId: "s1", serverId: "server", at, v: 1 };
const reset: McpConnectionEvent = { type: "reset", at, connections: [] };
const disconnected: McpConnectionEvent = { type: "disconnected", ...base };
const removed: McpConnectionEvent = { type: "session_removed", ...base };

const recent = [
  ["5-0", reset],
  ["6-0", disconnected],
  ["6-0", removed],
  ["10-0", disconnected],
] satisfies [string, McpConnectionEvent][];

const leader: LeaderData = {
  connections: [],
  lastEventId: "10-0",
  recent: recent.map(([id, event], key): RecentEvent => ({ key, id, event })),
  isLive: true,
  now: Date.parse(at),
};

const snapshot = ["10-0 reset"];

test.each<[string, string | undefined, Partial<LeaderData>, string[]]>([
  ["that has everything gets nothing", "10-0", {}, []],
  ["gets the events after its last one", "7-0", {}, ["10-0 disconnected"]],
  ["gets unlogged events with the id of its last one", "6-0", {}, ["6-0 session_removed", "10-0 disconnected"]],
  ["does not get a snapshot again", "5-0", {}, ["6-0 disconnected", "6-0 session_removed", "10-0 disconnected"]],
  ["that is further behind than the recent events gets a snapshot", "4-0", {}, snapshot],
  ["that has nothing gets a snapshot", undefined, {}, snapshot],
  ["gets nothing before the first snapshot", "4-0", { connections: undefined }, []],
  ["that is ahead of a stream that is still catching up gets nothing", "11-0", { isLive: false }, []],
  ["that is ahead of a live stream gets a snapshot, because the log has restarted", "11-0", {}, snapshot],
])("a tab %s", (_, since, change, expected) => {
  const missed = missedEvents({ ...leader, ...change }, since);
  expect(missed.map(({ id, event }) => `${id} ${event.type}`)).toEqual(expected);
});

test("a snapshot has the current time, by the store's clock", () => {
  expect(missedEvents(leader, undefined)).toEqual([{ id: "10-0", event: reset }]);
});
