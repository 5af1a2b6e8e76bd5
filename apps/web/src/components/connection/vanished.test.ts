import type { Connection, McpConnectionEvent } from "@mcp-assistant/mcp-redis/shared";
import { expect, test } from "vitest";
import { haveVanished } from "./vanished";

const snapshot = (...ids: string[]) =>
  ({ type: "reset", connections: ids.map((sessionId) => ({ sessionId }) as Connection) }) as McpConnectionEvent;
const changed = (sessionId: string) => ({ type: "state_changed", sessionId }) as McpConnectionEvent;
const removed = (sessionId: string) => ({ type: "session_removed", sessionId }) as McpConnectionEvent;

test.each([
  ["two empty snapshots are no loss", [snapshot(), snapshot()], false],
  ["an empty snapshot after connections in the one before is a loss", [snapshot("a"), snapshot()], true],
  ["an empty snapshot after a connection was added is a loss", [snapshot(), changed("a"), snapshot()], true],
  ["a second empty snapshot after a loss still counts as one", [snapshot("a"), snapshot(), snapshot()], true],
  ["a removed connection is not a loss", [snapshot("a"), removed("a"), snapshot()], false],
  ["a snapshot that keeps one of two connections is no loss", [snapshot("a", "b"), snapshot("b")], false],
  ["a new connection ends the loss", [snapshot("a"), snapshot(), changed("b")], false],
])("%s", (_, events, lost) => {
  expect(haveVanished(events)).toBe(lost);
});
