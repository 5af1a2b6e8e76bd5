import type { Connection } from "@mcp-assistant/protocol";
import { expect, test } from "vitest";
import { mergeList } from "./merge-list.js";

const connection = (sessionId: string, v = 1) =>
  ({ sessionId, v, createdAt: `2026-11-22T10:00:0${sessionId.length}.000Z` }) as Connection;
const [a, b, c] = [connection("a"), connection("bb"), connection("ccc")];

test.each<[string, Connection[], Connection[], Connection[], Connection[]]>([
  ["a newer record replaces the known one", [a, b], [a, connection("bb", 2)], [a, b], [a, connection("bb", 2)]],
  ["an older record does not", [connection("a", 3)], [a], [a], [connection("a", 3)]],
  ["a new connection is added in its place", [a, c], [a, b, c], [a, c], [a, b, c]],
  ["a connection that is gone disappears", [a, b], [b], [a, b], [b]],
  ["a connection that an event has added since then stays", [a, b], [a], [a], [a, b]],
  ["a connection that an event has removed since then stays removed", [a], [a, b], [a, b], [a]],
])("%s", (_, present, listed, before, after) => {
  expect(mergeList(present, listed, before)).toEqual(after);
});

test("an answer without news returns the same array, so that nothing renders", () => {
  const present = [a, b];
  expect(mergeList(present, [connection("a"), connection("bb")], present)).toBe(present);
});
