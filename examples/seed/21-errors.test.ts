import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { MCPClient, sessionStore } from "@mcp-assistant/mcp-redis/server";
import { expect, onTestFinished, test } from "vitest";
import { connectOrSay } from "./21-errors.js";
import { connectFirst, openApp } from "./app.fixture.js";

test("a sign-in redirects, an expired session says so, and any other error tells what happened", async () => {
  const [modern, notes, dead] = await Promise.all([startModernServer(), startOauthServer(), startModernServer()]);
  onTestFinished(async () => void (await Promise.all([modern.close(), notes.close()])));
  openApp([modern, notes, dead]);
  await dead.close();
  const userId = "user-123";
  const window = { location: { href: "" } };
  const say = async (options: { sessionId: string; serverUrl?: string }) => {
    const client = new MCPClient({ userId, ...options });
    onTestFinished(() => client.close());
    return connectOrSay(client, window);
  };

  expect(await say(await connectFirst(userId, modern.url))).toBe("Connected");
  expect(await say({ sessionId: sessionStore.generateSessionId() })).toBe("Session expired, please reconnect");
  const failed = await say({ sessionId: sessionStore.generateSessionId(), serverUrl: dead.url });
  expect(failed).toMatch(/^Connection failed: .*127\.0\.0\.1/);
  expect(window.location.href).toBe("");

  const { sessionId } = await connectFirst(userId, notes.url);
  expect(await say({ sessionId })).toBe("Signing in");
  const session = encodeURIComponent(sessionId);
  expect(window.location.href).toBe(`http://localhost:3000/api/mcp/auth/start?session=${session}`);
});
