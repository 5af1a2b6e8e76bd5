import { expect, test } from "vitest";
import { logLine } from "./log-line";

const at = "2026-01-02T03:04:05.678Z";

test("an entry without details is its time, level and message", () => {
  expect(logLine({ level: "error", message: "Something happened", at })).toBe(`${at} error: Something happened`);
});

test("details are one line, whatever a server wrote into them, and the hint for the operator is the end", () => {
  const metadata = {
    "server.address": "a\nb",
    "mcp_redis.operator_hint": 'To allow it, add "localhost:9999" to outbound.allowHosts.',
  };
  expect(logLine({ level: "warn", message: "It failed", at, sessionId: "s1", metadata })).toMatch(
    /^\S+ warn: It failed \(server\.address: a b, sessionId: s1\)\. To allow it, .* MCP_ALLOW_HOSTS: .+\.$/,
  );
});

test("what is no problem is not written", () => {
  for (const level of ["debug", "info"] as const) expect(logLine({ level, message: "It works", at })).toBeNull();
});
