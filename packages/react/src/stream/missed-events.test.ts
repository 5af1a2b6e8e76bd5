import type { McpConnectionEvent } from "@mcp-assistant/protocol";
import { expect, test } from "vitest";
import type { RecentEvent } from "../cache/connections-cache.js";
import { missedEvents, type Told } from "./missed-events.js";

const at = "2026-11-22T10:00:00.000Z";
const base = { sessionId: "s1", serverId: "server", at, v: 1 };
const reset: McpConnectionEvent = { type: "reset", at, connections: [] };
const disconnected: McpConnectionEvent = { type: "disconnected", ...base, reason: null };
const removed: McpConnectionEvent = { type: "session_removed", ...base };

const recent = [
  ["5-0", reset],
  ["6-0", disconnected],
  ["6-0", removed],
  ["10-0", disconnected],
] satisfies [string, McpConnectionEvent][];

const told: Told = {
  connections: [],
  lastEventId: "10-0",
  recent: recent.map(([id, event], key): RecentEvent => ({ key, id, event })),
  isLive: true,
  now: Date.parse(at),
};

const snapshot = ["10-0 reset"];

test.each<[string, string | undefined, Partial<Told>, string[]]>([
  ["nothing, who knows everything", "10-0", {}, []],
  ["what came after the last that he has", "7-0", {}, ["10-0 disconnected"]],
  ["what may share the id of the last that he has", "6-0", {}, ["6-0 session_removed", "10-0 disconnected"]],
  ["no snapshot again", "5-0", {}, ["6-0 disconnected", "6-0 session_removed", "10-0 disconnected"]],
  ["a snapshot, who is further behind than what is remembered", "4-0", {}, snapshot],
  ["a snapshot, who has nothing", undefined, {}, snapshot],
  ["nothing before there is a snapshot", "4-0", { connections: undefined }, []],
  ["nothing, who is ahead of a stream that is still catching up", "11-0", { isLive: false }, []],
  ["a snapshot, who is ahead of a stream that is live: his is another log", "11-0", {}, snapshot],
])("missed is %s", (_, since, change, expected) => {
  const missed = missedEvents({ ...told, ...change }, since);
  expect(missed.map(({ id, event }) => `${id} ${event.type}`)).toEqual(expected);
});

test("a snapshot is of now, by the store's clock", () => {
  expect(missedEvents(told, undefined)).toEqual([{ id: "10-0", event: reset }]);
});
