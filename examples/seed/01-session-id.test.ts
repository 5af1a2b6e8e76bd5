import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { MCPClient } from "@mcp-assistant/mcp-redis/server";
import { expect, onTestFinished, test } from "vitest";
import { idsFor } from "./01-session-id.js";
import { openApp } from "./app.fixture.js";

test("a connection can be mapped back to its server by the id alone, and the id makes a connection", async () => {
  const server = await startModernServer();
  onTestFinished(server.close);
  const mcp = openApp([server]);
  const { serverId, sessionId } = idsFor("user-123", server.url);
  expect(sessionId.split(".")).toEqual([expect.stringMatching(/^[\w-]{24}$/), serverId]);
  expect(idsFor("user-123", server.url).sessionId).not.toBe(sessionId);
  expect(idsFor("user-123", "https://mcp.example.com/mcp?key=topsecret").sessionId).not.toContain("topsecret");
  const client = new MCPClient({ userId: "user-123", sessionId, serverUrl: server.url, serverId });
  await client.connect();
  await client.close();
  expect(await mcp.forUser("user-123").list()).toMatchObject([{ sessionId, serverId, state: "CONNECTED" }]);
});
