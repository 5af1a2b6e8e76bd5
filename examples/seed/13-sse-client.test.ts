import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { expect, onTestFinished, test, vi } from "vitest";
import { startServer } from "./04-node-http.js";
import { openClient, useServer } from "./13-sse-client.js";
import { openApp } from "./app.fixture.js";
import { originOf } from "./sse-endpoint.contract.js";

async function openPage(userId: string, authToken = `token-of-${userId}`) {
  const url = `${await originOf(startServer(0))}/api/mcp/sse`;
  const window = { location: { href: "", origin: "http://localhost:3000" } };
  const lines: string[] = [];
  const client = openClient({ url, userId, authToken, window, show: (line) => void lines.push(line) });
  onTestFinished(() => client.disconnect());
  const shows = (line: string) => vi.waitFor(() => expect(lines).toContain(line));
  return { client, window, lines, shows };
}

test("a page follows its connections, lists tools, calls one and disconnects", async () => {
  const modern = await startModernServer();
  onTestFinished(modern.close);
  const mcp = openApp([modern]);
  const { client, window, lines, shows } = await openPage("ada");
  await shows("SSE Status: live");
  const used = await useServer(client, { serverUrl: modern.url, window, tool: "time" });
  const [connection] = await mcp.forUser("ada").list();
  expect(connection).toMatchObject({ serverId: "server-id", serverName: "My Server", state: "DISCONNECTED" });
  expect(used.sessions).toEqual([]);
  expect(used.result).toMatchObject({ sessionId: connection?.sessionId, state: "CONNECTED", authUrl: null });
  expect(used.tools?.map(({ name }) => name)).toContain("time");
  expect(used.toolResult).toMatchObject({ content: [{ type: "text" }] });
  expect(lines.slice(0, 2)).toEqual(["SSE Status: connecting", "SSE Status: live"]);
  expect(lines).toEqual(expect.arrayContaining(["State: CONNECTED", expect.stringMatching(/^Tools: .*time/)]));
  expect(lines.at(-1)).toBe("SSE Status: offline");
  expect(window.location.href).toBe("");
});

test("a server that asks for a sign-in sends the page to the app's own sign-in page", async () => {
  const notes = await startOauthServer();
  onTestFinished(notes.close);
  openApp([notes]);
  const { client, window, shows } = await openPage("ada");
  await shows("SSE Status: live");
  const { result } = await useServer(client, { serverUrl: notes.url, window, tool: "search_notes" });
  expect(result).toMatchObject({ state: "AUTHENTICATING", authUrl: expect.any(String) });
  await shows("State: AUTHENTICATING");
  await vi.waitFor(() => expect(window.location.href).toBe(result.authUrl));
  expect(new URL(window.location.href).pathname).toBe("/api/mcp/auth/start");
});

test("a page that shows another user than the one who is signed in gets nothing", async () => {
  openApp([]);
  const { client, lines, shows } = await openPage("ada", "token-of-grace");
  await shows("SSE Status: offline");
  expect(lines.some((line) => line.startsWith("State:"))).toBe(false);
  await expect(client.getSessions()).rejects.toMatchObject({ code: "USER_CHANGED" });
});
