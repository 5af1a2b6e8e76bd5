import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import type { UseMcpResult } from "@mcp-assistant/mcp-redis/client";
import type { QueryClient } from "@tanstack/react-query";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { openPage } from "./browser";
import { startHooksHost } from "./hooks-host";

declare global {
  interface Window {
    mcp: UseMcpResult;
    logged: string[];
    queryClient: QueryClient;
    retry: () => void;
  }
}

let tools: Awaited<ReturnType<typeof startModernServer>>;
beforeAll(async () => {
  tools = await startModernServer();
});
afterAll(() => tools?.close());

/** Chromium itself reports each answer with an error, and each stream that was cut. */
const isOurs = (error: string) => !error.startsWith("Failed to load resource");

async function visit(name: string) {
  const host = await startHooksHost(tools.hosts);
  const { page, context, consoleErrors } = await openPage();
  onTestFinished(async () => {
    await context.close();
    await host.close();
  });
  await page.goto(host.pageOf(name, tools.url));
  const text = (wanted: string) => page.getByText(wanted, { exact: true }).waitFor();
  const click = (label: string) => page.getByRole("button", { name: label, exact: true }).click();
  const countOf = (procedure: string) => host.requests.filter((path) => path.includes(procedure)).length;
  return { host, page, consoleErrors, text, click, countOf };
}

test("without a provider, useMcp connects, lists tools, calls one and disconnects, and no URL names a user or token", async () => {
  const { host, page, consoleErrors, text, click, countOf } = await visit("seed");
  await text("SSE Status: live");
  await text("Loaded");
  await text("Count: 0");
  await click("Connect to Server");
  await text("State: CONNECTED");
  await text("Tools: 4");
  await text("Count: 1");
  const [connection] = await host.mcp.forUser("ada").list();
  const { sessionId = "" } = connection ?? {};
  await page.locator(`[data-session="${sessionId}"]`).waitFor();
  const known = await page.evaluate(
    (id) => ({
      byServer: window.mcp.getConnectionByServerId("my-server-id")?.sessionId,
      name: window.mcp.getConnection(id)?.serverName,
      isConnected: window.mcp.isServerConnected("my-server-id"),
      tools: window.mcp.getTools(id).length,
      other: [window.mcp.getConnection("other"), window.mcp.isServerConnected("other"), window.mcp.getTools("other")],
    }),
    sessionId,
  );
  expect(known).toMatchObject({ byServer: sessionId, name: "My MCP Server", isConnected: true, tools: 4 });
  expect(known.other).toEqual([undefined, false, []]);
  const called = page.evaluate((id) => window.mcp.callTool(id, "add", { a: 19, b: 23 }), sessionId);
  expect(await called).toMatchObject({ structuredContent: { sum: 42 } });
  const refreshed = page.evaluate((id) => window.mcp.refreshSession(id), sessionId);
  expect(await refreshed).toMatchObject({ sessionId, state: "CONNECTED" });
  await page.evaluate(() => window.mcp.refresh());
  await click("Disconnect");
  await text("State: DISCONNECTED");
  const refused = page.evaluate(() => window.mcp.connect({ serverUrl: "ftp://example.com" }).catch(({ code }) => code));
  expect(await refused).toBe("SERVER_URL_INVALID");
  expect(await page.evaluate(() => window.logged)).toEqual(
    expect.arrayContaining(["reset", "state_changed", "tools_discovered", "info: Event stream: live"]),
  );
  // Two components, mounted twice by StrictMode, share one stream, and the events brought the tools.
  expect(countOf("events.subscribe")).toBe(1);
  expect(countOf("tools.list")).toBe(0);
  expect(host.requests.filter((path) => /ada/.test(path) && path.startsWith("/api/"))).toEqual([]);
  expect(consoleErrors.filter(isOurs)).toEqual([]);
});

test("the tools of connections that are there already are loaded together, once, and disconnectSSE stops the stream", async () => {
  const { host, page, text, countOf } = await visit("seed");
  await text("SSE Status: live");
  const user = host.mcp.forUser("ada");
  for (const serverId of ["first", "second"]) await user.connect({ serverUrl: tools.url, serverId });
  host.requests.splice(0);
  await page.reload();
  await expect.poll(() => page.getByText("Tools: 4").count()).toBe(2);
  expect(host.requests.filter((path) => path.includes("tools.list"))).toEqual([
    expect.stringContaining("/mcp.tools.list,mcp.tools.list?batch=1"),
  ]);
  await page.evaluate(() => window.mcp.disconnectSSE());
  await text("SSE Status: offline");
  await user.remove((await user.list())[0]?.sessionId ?? "");
  await page.evaluate(() => window.mcp.refresh());
  await text("Count: 1");
  await page.evaluate(() => window.mcp.connectSSE());
  await text("SSE Status: live");
  expect(countOf("tools.list")).toBe(1);
});

test("the typed hooks have TanStack's shapes: queries without tools that nobody asks for, and mutations", async () => {
  const { host, page, consoleErrors, text, click, countOf } = await visit("typed");
  await text("0 connections, stream live");
  await click("Connect wrongly");
  await text("connect: error SERVER_URL_INVALID");
  await click("Connect");
  await text("connect: success CONNECTED none");
  await text("Toolbox: CONNECTED, other: null");
  await page.reload();
  await text("1 connections, stream live");
  expect(countOf("tools.list")).toBe(0);
  await click("Show tools");
  await text("tools: add,echo,roll_dice,time");
  expect(countOf("tools.list")).toBe(1);
  await click("Add");
  await text('result: {"sum":42}');
  await page.locator('[data-added="yes"]').waitFor();

  // As an app does when its user signs out.
  await page.evaluate(() => window.queryClient.clear());
  await text("1 connections, stream live");
  await text("tools: add,echo,roll_dice,time");
  await click("Disconnect");
  await text("Toolbox: DISCONNECTED, other: null");
  await click("Reconnect");
  await text("Toolbox: CONNECTED, other: null");

  host.signedIn = false;
  host.cut();
  await text("error UNAUTHENTICATED, stream offline");
  host.signedIn = true;
  await page.evaluate(() => window.retry());
  await text("1 connections, stream live");
  await click("Remove");
  await text("0 connections, stream live");
  expect(consoleErrors.filter(isOurs)).toEqual([]);
});
