import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import type { UseMcpResult } from "@mcp-assistant/mcp-redis/client";
import type { QueryClient } from "@tanstack/react-query";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { openPage } from "./browser";
import { startHooksHost } from "./hooks-host";

declare global {
  interface Window {
    mcp: UseMcpResult;
    renders: string[];
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

test("components without a provider share one stream, and their calls need no other address", async () => {
  const { host, page, consoleErrors, text, countOf } = await visit("alone");
  await text("Stream: live");
  const input = { serverId: "mine", serverName: "Toolbox", serverUrl: tools.url };
  const sessionId = await page.evaluate((wanted) => window.mcp.connect(wanted), input);
  await text("Connections: Toolbox (4)");
  await text("Count: 1");
  const called = page.evaluate((id) => window.mcp.callTool(id, "add", { a: 19, b: 23 }), sessionId);
  expect(await called).toMatchObject({ structuredContent: { sum: 42 } });
  const refreshed = page.evaluate((id) => window.mcp.refreshSession(id), sessionId);
  expect(await refreshed).toMatchObject({ sessionId, state: "CONNECTED" });
  const refused = page.evaluate(() => window.mcp.connect({ serverUrl: "ftp://example.com" }).catch(({ code }) => code));
  expect(await refused).toBe("SERVER_URL_INVALID");
  await page.evaluate((id) => window.mcp.signOut(id), sessionId);
  expect(await host.mcp.forUser("ada").list()).toMatchObject([{ state: "DISCONNECTED" }]);
  await page.evaluate((id) => window.mcp.remove(id), sessionId);
  await text("Count: 0");
  // Two components, mounted twice by StrictMode, share one stream, and the events brought the tools.
  expect(host.requests.filter((path) => path === "/api/mcp/sse ")).toHaveLength(1);
  expect(countOf("listTools")).toBe(0);
  expect(host.requests.filter((path) => !/^\/api\/mcp\/(?:sse |auth\/start\?server=)/.test(path))).toEqual([]);
  expect(consoleErrors.filter(isOurs)).toEqual([]);
});

test("the tools of connections that are there already are loaded once, also while the stream is closed", async () => {
  const { host, page, text, countOf } = await visit("alone");
  await text("Stream: live");
  const user = host.mcp.forUser("ada");
  for (const serverId of ["first", "second"]) await user.connect({ serverUrl: tools.url, serverId, serverName: "Box" });
  host.requests.splice(0);
  await page.reload();
  await text("Connections: Box (4),Box (4)");
  expect(countOf("listTools")).toBe(2);
  await page.evaluate(() => window.mcp.disconnectSSE());
  await text("Stream: offline");
  await user.remove((await user.list())[0]?.sessionId ?? "");
  await page.evaluate(() => window.mcp.refresh());
  await text("Count: 1");
  await page.evaluate(() => window.mcp.connectSSE());
  await text("Stream: live");
  expect(countOf("listTools")).toBe(2);
});

test("with the token of another user, no render shows anything of the user before", async () => {
  const { host, page, text, click } = await visit("alone");
  for (const user of ["ada", "grace"])
    await host.mcp.forUser(user).connect({ serverUrl: tools.url, serverName: `Server of ${user}` });
  await text("Connections: Server of ada (4)");
  await click("Be Grace");
  await text("Connections: Server of grace (4)");
  await click("Be Ada");
  await text("Connections: Server of ada (4)");
  const renders = await page.evaluate(() => window.renders);
  const foreign = /^token-of-(?:ada: .*grace|grace: .*ada)/;
  expect(renders.filter((shown) => foreign.test(shown))).toEqual([]);
  expect(renders).toEqual(expect.arrayContaining(["token-of-grace: Server of grace (4)"]));
});

test("the typed hooks have TanStack's shapes: queries without tools that no one asks for, and mutations", async () => {
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

test("hooks for what a server offers ask once, keep private texts out of addresses, and say what failed", async () => {
  const { host, consoleErrors, text, click } = await visit("offered");
  await host.mcp.forUser("ada").connect({ serverUrl: tools.url });
  await text("resources: time:///zones");
  await text("templates: time:///now/{+zone}");
  await text("prompts: plan_meeting");
  await click("Read");
  await text("read: idle Africa/Abidjan");
  await click("Plan");
  await text("prompt: success 1");
  await click("Complete");
  await text("values: Europe/Berlin");
  const reads = () => tools.requests().filter(({ rpcMethod }) => rpcMethod === "resources/read").length;
  const before = reads();
  await click("Show or hide");
  await click("Show or hide");
  await text("resources: time:///zones");
  await click("Read");
  await text("read: idle Africa/Abidjan");
  expect(reads()).toBe(before);
  await click("Read what is not there");
  await text("read: idle RESOURCE_NOT_FOUND");
  expect(host.requests.filter((path) => /zones|Atlantis|plan_meeting|Tokyo|berlin/.test(path))).toEqual([]);
  expect(consoleErrors.filter(isOurs)).toEqual([]);
});
