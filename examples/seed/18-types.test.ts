import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { createMcp, type McpObservabilityEvent } from "@mcp-assistant/mcp-redis/server";
import { expect, onTestFinished, test } from "vitest";
import { callOf, expiryOf, isOver, isPublicClient, logLine, resultOf, sessionOf, titleOf } from "./18-types.js";

test("the types describe what an app really gets", async () => {
  const server = await startModernServer();
  const logged: McpObservabilityEvent[] = [];
  const logger = (event: McpObservabilityEvent) => void logged.push(event);
  const outbound = { allowHosts: server.hosts };
  const mcp = createMcp({ storage: "memory", baseUrl: "http://localhost:3000", outbound, logger });
  onTestFinished(async () => {
    await mcp.close();
    await server.close();
  });
  const user = mcp.forUser("user-123");
  const events = await user.subscribe();
  const { sessionId, state } = await user.connect({ serverUrl: server.url });
  expect(isOver(state)).toBe(false);
  expect(logged.map(logLine).join()).toMatch(/^\d{4}-.*Z info: The connection is CONNECTING/);
  expect((await user.listTools(sessionId)).tools.map(titleOf)).toHaveLength(4);
  const seen: (string | null)[] = [];
  for await (const { event } of events) {
    seen.push(sessionOf(event));
    if (event.type === "tools_discovered") break;
  }
  expect(new Set(seen)).toEqual(new Set([null, sessionId]));
  expect(callOf("1", sessionId, "add")).toMatchObject({ method: "callTool", params: { sessionId } });
  expect(resultOf({ id: "1", result: null })).toBeNull();
  const error = { code: "INTERNAL", message: "It failed", hint: "", retryable: false } as const;
  expect(() => resultOf({ id: null, error })).toThrow("It failed");
  const tokens = { access_token: "a", token_type: "Bearer" };
  expect([expiryOf(tokens, 1), expiryOf({ ...tokens, expires_in: 60 }, 1)]).toEqual([undefined, 60_001]);
  expect(isPublicClient({ client_id: "a", client_secret: "b" })).toBe(false);
});
