import { expect, test } from "vitest";
import { connectionEventSchema, loggedEventSchema } from "./connection-event.js";
import { toConnectionEvent } from "./to-connection-event.js";

const base = { sessionId: "s1", serverId: "notes", at: "2026-01-02T03:04:05.678Z", v: 7 };
const info = { code: "NOT_MCP", message: "It is a web page", hint: "Check it.", retryable: false };

test.each([
  ["an error's text", { type: "error", ...base, error: info }, { type: "error", ...base, error: info.message, info }],
  ["no reason", { type: "disconnected", ...base, reason: null }, { type: "disconnected", ...base }],
  ["a reason", { type: "disconnected", ...base, reason: "You signed out" }, undefined],
  ["progress", { type: "progress", ...base, message: "Dialling" }, undefined],
  ["a removal", { type: "session_removed", ...base }, undefined],
])("a reader gets %s, and what has that form already stays as it is", (_, logged, expected = logged) => {
  const event = loggedEventSchema.parse(logged);
  if (event.type === "tools_discovered") throw new Error("unreachable");
  expect(toConnectionEvent(event)).toStrictEqual(expected);
  expect(toConnectionEvent(connectionEventSchema.parse(expected))).toStrictEqual(expected);
});
