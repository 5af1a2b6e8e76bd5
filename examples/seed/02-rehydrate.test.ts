import { startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { expect, onTestFinished, test } from "vitest";
import { rehydrate } from "./02-rehydrate.js";
import { handleOAuthCallback } from "./11-oauth-callback.js";
import { connectFirst, openApp, signIn } from "./app.fixture.js";

test("the sessionId is enough to use a connection with its address and tokens, but only for its user", async () => {
  const server = await startOauthServer();
  onTestFinished(server.close);
  openApp([server]);
  const { sessionId, authUrl } = await connectFirst("user-123", server.url);
  await handleOAuthCallback("user-123", await signIn(authUrl));
  const client = await rehydrate("user-123", sessionId);
  onTestFinished(() => client.close());
  expect(await client.callTool("search_notes", { query: "" })).toMatchObject({ content: expect.any(Array) });
  await expect(rehydrate("user-456", sessionId)).rejects.toThrow(/^Session not found$/);
});
