import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, onTestFinished, test } from "vitest";
import { MyComponent } from "./05-use-mcp.js";
import { showInBrowser } from "./page.fixture.js";

test("the first render, on a server, waits for the connections", () => {
  const markup = renderToStaticMarkup(<MyComponent userId="ada" authToken="token-of-ada" serverUrl="" />);
  expect(markup).toContain("<p>SSE Status: connecting</p>");
  expect(markup).toContain("<p>Loading sessions...</p>");
});

test("a click connects to a server, its tools are counted, and another click disconnects", async () => {
  const modern = await startModernServer();
  onTestFinished(modern.close);
  const props = { userId: "ada", authToken: "token-of-ada", serverUrl: modern.url };
  const shown = { file: "05-use-mcp.tsx", component: "MyComponent", props };
  // The one address of 08-pages-route.ts is all that the page needs.
  const app = await showInBrowser({ ...shown, handler: "createSSEHandler" }, modern.hosts);
  const { mcp, page, text, click, asked } = app;
  const logged = page.waitForEvent("console", (message) => message.text().startsWith("Connected with session:"));
  await text("SSE Status: live");
  await click("Connect to Server");
  await text("My MCP Server");
  await text("State: CONNECTED");
  await text("Tools: 4");
  const [connection] = await mcp.forUser("ada").list();
  expect(connection).toMatchObject({ serverId: "my-server-id", serverName: "My MCP Server" });
  expect((await logged).text()).toBe(`Connected with session: ${connection?.sessionId}`);
  expect(await page.getByText("Loading sessions...").count()).toBe(0);
  await click("Disconnect");
  await text("State: DISCONNECTED");
  expect(await page.getByRole("button", { name: "Disconnect" }).count()).toBe(0);
  // The window of the click asks for the sign-in page, in case the server wants a sign-in.
  expect(asked.filter((url) => url !== "/api/mcp/sse" && !url.startsWith("/api/mcp/auth/start?server="))).toEqual([]);
});
