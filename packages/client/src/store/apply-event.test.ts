import type { Connection, McpConnectionEvent } from "@mcp-assistant/protocol";
import { describe, expect, test } from "vitest";
import { applyEvent } from "./apply-event.js";

const at = "2026-11-22T10:00:00.000Z";

function connection(sessionId: string, change: Partial<Connection> = {}): Connection {
  return {
    sessionId,
    serverId: `server-${sessionId}`,
    serverName: sessionId,
    serverUrl: `https://${sessionId}.example/mcp`,
    transportType: "auto",
    active: true,
    state: "CONNECTING",
    v: 1,
    createdAt: at,
    stateSince: at,
    until: null,
    era: null,
    toolCount: null,
    toolsListedAt: null,
    headerNames: [],
    error: null,
    reason: null,
    signedIn: false,
    authUrl: null,
    ...change,
  };
}

const of = ({ sessionId, serverId, v }: Connection) => ({ sessionId, serverId, v, at });

const info = { code: "NOT_MCP", message: "m", hint: "h", retryable: false } as const;

const changed = (after: Connection): McpConnectionEvent => ({
  type: "state_changed",
  ...of(after),
  state: after.state,
  previousState: null,
  connection: after,
});

const discovered = (after: Connection, count: number): McpConnectionEvent => ({
  type: "tools_discovered",
  ...of(after),
  count,
  hash: "hash",
  added: [],
  removed: [],
  tools: [],
});

const removed = (gone: Connection): McpConnectionEvent => ({ type: "session_removed", ...of(gone) });

const a = connection("a");
const b = connection("b");
const connectedA = connection("a", { v: 3, state: "CONNECTED" });

describe("what an event does to the connections", () => {
  test.each<[string, readonly Connection[] | undefined, McpConnectionEvent, readonly Connection[] | undefined]>([
    ["the first snapshot sets them", undefined, { type: "reset", at, connections: [a] }, [a]],
    ["a snapshot replaces them all", [a], { type: "reset", at, connections: [b] }, [b]],
    ["an empty snapshot removes them all", [a], { type: "reset", at, connections: [] }, []],
    ["a snapshot's older records replace newer ones", [connectedA], { type: "reset", at, connections: [a] }, [a]],
    ["a change before the first snapshot is dropped", undefined, changed(a), undefined],
    ["a new connection is added", [b], changed(a), [a, b]],
    ["a known connection is replaced", [a, b], changed(connectedA), [connectedA, b]],
    ["a record as old as the known one is dropped", [a], changed(connection("a", { state: "FAILED" })), [a]],
    ["an older record is dropped", [connectedA], changed(connection("a", { v: 2 })), [connectedA]],
    [
      "tools are counted",
      [connectedA],
      discovered(connectedA, 4),
      [{ ...connectedA, toolCount: 4, toolsListedAt: at }],
    ],
    ["tools of a later write are counted", [a], discovered(connectedA, 4), [{ ...a, toolCount: 4, toolsListedAt: at }]],
    ["older tools are not counted", [connectedA], discovered(connection("a", { v: 2 }), 4), [connectedA]],
    ["tools of an unknown session are not counted", [b], discovered(a, 4), [b]],
    ["a removed connection disappears", [a, b], removed(connectedA), [b]],
    ["the removal of an unknown connection is ignored", [b], removed(a), [b]],
  ])("%s", (_, before, event, after) => {
    expect(applyEvent(before, event)).toEqual(after);
  });

  test.each<[string, McpConnectionEvent]>([
    ["auth_required", { type: "auth_required", ...of(a), authUrl: "https://app.example/api/mcp/auth/start?session=a" }],
    ["error", { type: "error", ...of(a), error: info.message, info }],
    ["disconnected", { type: "disconnected", ...of(a) }],
    ["progress", { type: "progress", ...of(a), message: "Dialling" }],
    ["an old state_changed", changed(a)],
    ["the same list of tools", discovered(connection("a"), 4)],
  ])("%s returns the same array, so that nothing renders", (_, event) => {
    const before = [connection("a", { toolCount: 4, toolsListedAt: at })];
    expect(applyEvent(before, event)).toBe(before);
  });
});

test("a state_changed that follows tools of the same write still counts", () => {
  const counted = applyEvent([a], discovered(connectedA, 4));
  expect(applyEvent(counted, changed({ ...connectedA, toolCount: 4 }))).toEqual([{ ...connectedA, toolCount: 4 }]);
});

test("connections keep the order in which they were created", () => {
  const later = connection("0", { createdAt: "2026-11-22T10:00:01.000Z" });
  const snapshot = applyEvent(undefined, { type: "reset", at, connections: [later, b, a] });
  expect(snapshot).toEqual([a, b, later]);
  expect(applyEvent(snapshot, changed(connectedA))).toEqual([connectedA, b, later]);
  expect(applyEvent([a, later], changed(b))).toEqual([a, b, later]);
});

test("old events of a removed session after a newer snapshot end with its removal", () => {
  const events = [{ type: "reset" as const, at, connections: [b] }, changed(a), removed(a)];
  expect(events.reduce<ReturnType<typeof applyEvent>>(applyEvent, undefined)).toEqual([b]);
});
