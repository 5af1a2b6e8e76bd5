import { startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { defaultMcp } from "@mcp-assistant/mcp-redis/server";
import { startScopedMcpServer } from "@mcp-assistant/testing/servers";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { expect, onTestFinished, test, vi } from "vitest";
import { callOnce } from "./10-mcp-client.js";
import { handleOAuthCallback } from "./11-oauth-callback.js";
import { signIn } from "./app.fixture.js";

test("an app of nothing but its environment connects, signs a user in, lists the tools and calls one", async () => {
  const [redis, notes] = await Promise.all([startRedis(), startOauthServer()]);
  const open = await startScopedMcpServer({ wants: () => undefined });
  const environment = {
    REDIS_URL: redis.url,
    MCP_ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, "key").toString("base64")}`,
    APP_URL: "http://localhost:3000",
    MCP_CALLBACK_URLS: "http://localhost:3000/oauth/callback",
    // It does not name itself in callbacks (iss), so it is named here, or it would get a redirect URL of its own.
    MCP_PREREGISTERED_CLIENTS: JSON.stringify([{ issuer: open.origin, clientId: "app" }]),
    MCP_ALLOW_HOSTS: [...notes.hosts, open.host].join(),
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  onTestFinished(async () => {
    await defaultMcp().close();
    vi.unstubAllEnvs();
    await Promise.all([notes.close(), open.close(), redis.stop()]);
  });

  const redirects: string[] = [];
  const call = { userId: "user-123", serverUrl: open.url, tool: "one", redirect: (url: string) => redirects.push(url) };
  expect(await callOnce(call)).toMatchObject({ authUrl: expect.stringContaining("/api/mcp/auth/start?session=") });
  const [authUrl = ""] = redirects;
  const { headers } = await fetch(authUrl, { redirect: "manual" });
  const back = new URL(headers.get("location") ?? "");
  expect(`${back.origin}${back.pathname}`).toBe("http://localhost:3000/oauth/callback");
  const { sessionId, tools } = await handleOAuthCallback("user-123", back.href);
  expect(tools.map(({ name }) => name)).toEqual(["one", "two"]);
  // The next call needs no sign-in, and is on the same session.
  expect(await callOnce(call)).toMatchObject({
    sessionId,
    tools: [{ name: "one" }, { name: "two" }],
    result: { content: [{ text: "This is one." }] },
  });

  const atNotes = { ...call, serverUrl: notes.url, tool: "search_notes" };
  await callOnce(atNotes);
  await handleOAuthCallback("user-123", await signIn(redirects[1] ?? ""));
  expect(await callOnce(atNotes)).toMatchObject({ result: { content: expect.any(Array) } });
  expect(await defaultMcp().forUser("user-123").list()).toHaveLength(2);
});
