import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, onTestFinished, test } from "vitest";
import { McpConnections } from "./20-mcp-connections.js";
import { showInBrowser } from "./page.fixture.js";

test("the first render, on a server, has no connections yet", () => {
  const markup = renderToStaticMarkup(<McpConnections userId="ada" serverUrl="" />);
  expect(markup).toContain("<h2>MCP Connections (connecting)</h2>");
});

test("the app's cookie is enough to show, connect and disconnect a user's servers", async () => {
  const modern = await startModernServer();
  onTestFinished(modern.close);
  const props = { userId: "ada", serverUrl: modern.url };
  const shown = await showInBrowser(
    { file: "20-mcp-connections.tsx", component: "McpConnections", props },
    modern.hosts,
  );
  const { mcp, page, text, click, asked } = shown;
  await text("MCP Connections (live)");
  await click("Connect");
  await text("State: CONNECTED");
  await text("Tools: 4");
  await text(new URL(modern.url).host);

  // What happens elsewhere shows, too, and what there is already shows on the next visit.
  const [connection] = await mcp.forUser("ada").list();
  await mcp.forUser("ada").disconnect(connection?.sessionId ?? "");
  await text("State: DISCONNECTED");
  await mcp.forUser("ada").reconnect(connection?.sessionId ?? "");
  await page.reload();
  await text("State: CONNECTED");
  await text("Tools: 4");
  await click("Disconnect");
  await text("State: DISCONNECTED");
  expect(await mcp.forUser("ada").list()).toMatchObject([{ state: "DISCONNECTED" }]);
  expect(asked.filter((url) => /ada/.test(url))).toEqual([]);
});
