import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, onTestFinished, test } from "vitest";
import { type Mine, Panel } from "./12-panel.fixture.js";
import { showInBrowser } from "./page.fixture.js";

declare global {
  interface Window {
    mine: Mine;
    lines: string[];
  }
}

const props = { userId: "ada", authToken: "token-of-ada" };

test("the first render, on a server, has no connections yet", () => {
  expect(renderToStaticMarkup(<Panel {...props} />)).toBe("0 connections, connecting, loading");
});

test("every function of the hook does what it says", async () => {
  const modern = await startModernServer();
  onTestFinished(modern.close);
  const panel = { file: "12-panel.fixture.tsx", component: "Panel", props };
  const { mcp, page, text, asked } = await showInBrowser(panel, modern.hosts);
  await text("0 connections, live");

  const input = { serverId: "my-server-id", serverName: "My MCP Server", serverUrl: modern.url };
  const sessionId = await page.evaluate((wanted) => window.mine.actions.connect(wanted), input);
  await text("1 connections, live");
  const known = (id: string) => {
    const { state, utilities } = window.mine;
    return {
      byId: utilities.getConnection(id),
      byServer: utilities.getConnectionByServerId("my-server-id"),
      isConnected: utilities.isServerConnected("my-server-id"),
      tools: utilities.getTools(id).map(({ name }) => name),
      shown: state.connections,
      others: [utilities.getConnection("other"), utilities.isServerConnected("other"), utilities.getTools("other")],
    };
  };
  await expect.poll(async () => (await page.evaluate(known, sessionId)).tools).toHaveLength(4);
  const connected = await page.evaluate(known, sessionId);
  expect(connected.byId).toMatchObject({ sessionId, serverName: "My MCP Server", state: "CONNECTED" });
  expect(connected.byId?.tools.map(({ name }) => name)).toEqual(connected.tools);
  expect(connected.byServer).toEqual(connected.byId);
  expect(connected.shown).toEqual([connected.byId]);
  expect(connected.isConnected).toBe(true);
  expect(connected.others).toEqual([undefined, false, []]);

  await page.evaluate((id) => window.mine.actions.disconnect(id), sessionId);
  await expect.poll(async () => (await page.evaluate(known, sessionId)).isConnected).toBe(false);

  await page.evaluate(() => window.mine.actions.disconnectSSE());
  await text("1 connections, offline");
  await mcp.forUser("ada").remove(sessionId);
  await page.evaluate(() => window.mine.actions.refresh());
  await text("0 connections, offline");
  await page.evaluate(() => window.mine.actions.connectSSE());
  await text("0 connections, live");

  expect(await page.evaluate(() => window.lines)).toEqual(
    expect.arrayContaining([
      "Connection event: reset",
      "Connection event: state_changed",
      "Connection event: tools_discovered",
      "[info] Event stream: live {}",
      `[debug] Event: state_changed ${JSON.stringify({ sessionId })}`,
    ]),
  );
  expect(asked.filter((url) => /ada/.test(url))).toEqual([]);
});
