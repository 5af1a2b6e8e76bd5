import type { RecentEvent } from "@mcp-assistant/mcp-redis/client";
import type { Connection, McpConnectionEvent } from "@mcp-assistant/mcp-redis/shared";
import { expect, test } from "vitest";
import { changesIn } from "./changes";
import { eventSummary } from "./event-summary";

const at = "2026-01-02T03:04:05.678Z";
const connection = {
  sessionId: "s1",
  v: 1,
  serverId: "notes",
  serverName: "Notes",
  serverUrl: "https://notes.example/mcp",
  transportType: "auto",
  state: "CONNECTED",
  stateSince: at,
  signedIn: false,
  toolCount: 2,
  authUrl: null,
  error: null,
  reason: null,
} as unknown as Connection;

const base = (v: number, sessionId = "s1") => ({ sessionId, serverId: "notes", v, at });
const moved = (v: number, previousState: Connection["state"], state: Connection["state"], sessionId = "s1") =>
  ({
    type: "state_changed",
    ...base(v, sessionId),
    state,
    previousState,
    connection: { ...connection, v, state },
  }) satisfies McpConnectionEvent;
const found = (v: number, added: string[], removed: string[] = [], count = added.length) =>
  ({ type: "tools_discovered", ...base(v), hash: "h", count, added, removed, tools: [] }) satisfies McpConnectionEvent;
const snapshot: McpConnectionEvent = { type: "reset", at, connections: [] };

const linesOf = (...events: McpConnectionEvent[]) =>
  changesIn(events.map((event, key): RecentEvent => ({ key, id: `${key + 1}-0` as RecentEvent["id"], event }))).map(
    (change) => eventSummary(change.events),
  );

test("every change is one line, with what its other events add", () => {
  const info = { code: "NOT_MCP", message: "It is a web page", hint: "Check it.", retryable: false } as const;
  expect(
    linesOf(
      snapshot,
      moved(2, "CONNECTING", "DISCOVERING"),
      moved(3, "DISCOVERING", "CONNECTED"),
      found(3, ["add", "echo"]),
      moved(4, "CONNECTED", "DISCONNECTED"),
      { type: "disconnected", ...base(4) },
      moved(5, "AUTHENTICATING", "DISCONNECTED"),
      { type: "disconnected", ...base(5), reason: "You signed out" },
      moved(6, "CONNECTING", "AUTHENTICATING"),
      { type: "auth_required", ...base(6), authUrl: "https://app.example/api/mcp/auth/start?session=s1" },
      moved(7, "CONNECTING", "FAILED"),
      { type: "error", ...base(7), error: info.message, info },
    ),
  ).toEqual([
    "Connecting → Loading tools",
    "Loading tools → Connected · 2 tools: add, echo",
    "Connected → Disconnected",
    "Waiting for sign-in → Disconnected: You signed out",
    "Connecting → Waiting for sign-in",
    "Connecting → Failed: It is a web page",
  ]);
});

test("changes of another connection, and later ones of the same, stay apart", () => {
  expect(
    linesOf(
      moved(3, "DISCOVERING", "CONNECTED", "s2"),
      found(3, ["a", "b", "c", "d"]),
      found(4, ["e"], ["a"], 4),
      { ...found(5, ["f", "g"], ["h"], 900), addedCount: 500, removedCount: 40 },
      { ...found(6, ["f", "g"], [], 500), addedCount: 500 },
      snapshot,
      { type: "session_removed", ...base(5) },
    ),
  ).toEqual([
    "Loading tools → Connected · 2 tools",
    "Found 4 tools: a, b, c and 1 more",
    "Found 4 tools; new: e; removed: a",
    "Found 900 tools; new: f, g and 498 more; removed: h and 39 more",
    "Found 500 tools: f, g and 498 more",
    "Some earlier events are not shown",
    "Removed",
  ]);
});
