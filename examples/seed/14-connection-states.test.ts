import { startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { connectionStateSchema } from "@mcp-assistant/mcp-redis/shared";
import { expect, onTestFinished, test } from "vitest";
import { handleOAuthCallback } from "./11-oauth-callback.js";
import { meanings } from "./14-connection-states.js";
import { connectFirst, openApp, signIn } from "./app.fixture.js";

test("these are all states, and a sign-in passes through them in this order", async () => {
  expect(Object.keys(meanings).sort()).toEqual([...connectionStateSchema.options].sort());
  const server = await startOauthServer();
  onTestFinished(server.close);
  const mcp = openApp([server]);
  const events = await mcp.forUser("user-123").subscribe();
  const { sessionId, authUrl } = await connectFirst("user-123", server.url);
  await handleOAuthCallback("user-123", await signIn(authUrl));
  await mcp.forUser("user-123").disconnect(sessionId);
  const passed: string[] = [];
  for await (const { event } of events) {
    if (event.type !== "state_changed") continue;
    if (passed.at(-1) !== event.state) passed.push(event.state);
    if (event.state === "DISCONNECTED") break;
  }
  expect(passed).toEqual(["CONNECTING", "AUTHENTICATING", "AUTHENTICATED", "DISCOVERING", "CONNECTED", "DISCONNECTED"]);
});
