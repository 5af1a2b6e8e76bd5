import { startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { sessionStore } from "@mcp-assistant/mcp-redis/server";
import { expect, onTestFinished, test } from "vitest";
import { handleOAuthCallback } from "./11-oauth-callback.js";
import { connectFirst, openApp, signIn } from "./app.fixture.js";

test("the callback of a sign-in ends with the server's tools, once, and only for its user", async () => {
  const server = await startOauthServer();
  onTestFinished(server.close);
  openApp([server]);
  const { sessionId, authUrl } = await connectFirst("user-123", server.url);
  const callback = await signIn(authUrl);
  await expect(handleOAuthCallback("user-456", callback)).rejects.toMatchObject({ code: "INVALID_STATE" });
  const forged = `?${new URLSearchParams({ code: "code", state: JSON.stringify({ sessionId }) })}`;
  await expect(handleOAuthCallback("user-123", forged)).rejects.toMatchObject({ code: "INVALID_STATE" });
  const finished = await handleOAuthCallback("user-123", callback);
  expect(finished).toMatchObject({ sessionId, serverId: expect.stringContaining("127_0_0_1") });
  expect(finished.tools).toHaveLength(3);
  expect(await sessionStore.get("user-123", sessionId)).toMatchObject({ state: "CONNECTED", signedIn: true });
});
