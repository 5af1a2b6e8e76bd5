import type { Connection, McpConnectionEvent } from "@mcp-assistant/mcp-redis/shared";
import { expect, test } from "vitest";
import { haveVanished } from "./vanished";

const snapshot = (...ids: string[]) =>
  ({ type: "reset", connections: ids.map((sessionId) => ({ sessionId }) as Connection) }) as McpConnectionEvent;
const changed = (sessionId: string) => ({ type: "state_changed", sessionId }) as McpConnectionEvent;
const removed = (sessionId: string) => ({ type: "session_removed", sessionId }) as McpConnectionEvent;

test.each([
  ["nobody who had none has lost any", [snapshot(), snapshot()], false],
  ["a snapshot without those of the one before", [snapshot("a"), snapshot()], true],
  ["a snapshot without one that came since", [snapshot(), changed("a"), snapshot()], true],
  ["the second snapshot after a loss still tells of it", [snapshot("a"), snapshot(), snapshot()], true],
  ["what was removed is not lost", [snapshot("a"), removed("a"), snapshot()], false],
  ["a snapshot with something left", [snapshot("a", "b"), snapshot("b")], false],
  ["a new one ends the loss", [snapshot("a"), snapshot(), changed("b")], false],
])("%s", (_, events, lost) => {
  expect(haveVanished(events)).toBe(lost);
});
