import { createMcp } from "@mcp-assistant/core";
import { startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { expect, onTestFinished, test } from "vitest";
import { createMcpHandler } from "../index.js";

const baseUrl = "http://127.0.0.1:3000";

test("a call that needs a sign-in tells the browser our own page for it", async () => {
  const server = await startOauthServer();
  const mcp = createMcp({ storage: "memory", baseUrl, outbound: { allowHosts: server.hosts }, logger: null });
  onTestFinished(async () => {
    await mcp.close();
    await server.close();
  });
  const { sessionId, authUrl } = await mcp.forUser("ada").connect({ serverUrl: server.url });
  const { POST } = createMcpHandler({ mcp, userId: () => "ada" });
  const response = await POST(
    new Request(`${baseUrl}/api/mcp/trpc/mcp.tools.call`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: baseUrl },
      body: JSON.stringify({ sessionId, name: "search_notes" }),
    }),
  );
  expect(await response.json()).toMatchObject({
    error: { data: { mcp: { code: "AUTHORIZATION_REQUIRED", authUrl } } },
  });
  expect(authUrl).toBe(`${baseUrl}/api/mcp/auth/start?session=${encodeURIComponent(sessionId)}`);
});
