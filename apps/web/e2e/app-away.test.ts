import { join } from "node:path";
import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { startProcess } from "@mcp-assistant/testkit/processes";
import type {} from "@mcp-assistant/testkit/provided-context";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from "vitest";
import { longTest, openPage } from "./browser";
import { checkEveryLook } from "./every-look";
import { axeViolations } from "./harness";
import { type NextProcess, startNext } from "./next-process";
import { cardOf } from "./person";
import { encryptionKeys } from "./sealed";

const web = join(import.meta.dirname, "..");
const fleetProcess = join(web, "../../packages/api/test/app-process.mjs");

let tools: Awaited<ReturnType<typeof startModernServer>>;
beforeAll(async () => {
  tools = await startModernServer();
});
afterAll(async () => {
  await tools?.close();
});

/** Starts only the page's process, so that a test can stop and restart it. Data is in memory without `redisUrl`. */
async function startWeb({ redisUrl, port }: { redisUrl?: string; port?: number }): Promise<NextProcess> {
  const app = await startNext(web, {
    port,
    env: (url) => ({
      MCP_BASE_URL: url,
      MCP_COOKIE_SECRET: "a secret of the tests, long enough",
      MCP_ENCRYPTION_KEYS: encryptionKeys,
      MCP_ALLOW_HOSTS: tools.hosts.join(),
      REDIS_URL: redisUrl ?? "",
    }),
  });
  onTestFinished(async () => void (await app.stop()));
  return app;
}

/** What Chromium writes to the console about an unreachable app. */
const awayError =
  /net::ERR_(?:CONNECTION_REFUSED|CONNECTION_RESET|SOCKET_NOT_CONNECTED|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING)/;

const untilLive = (page: Page) => page.getByText("Live", { exact: true }).waitFor({ timeout: 20_000 });

async function visit(app: NextProcess) {
  const opened = await openPage();
  onTestFinished(() => opened.context.close());
  await opened.page.goto(app.url);
  await untilLive(opened.page);
  return opened;
}

/** Starts another process on the same Redis, which changes the connections of the user in a browser. */
async function startOther(app: NextProcess, context: BrowserContext) {
  const other = await startProcess({
    command: process.execPath,
    args: [fleetProcess],
    env: {
      STORAGE: inject("redisUrl"),
      ENCRYPTION_KEYS: encryptionKeys,
      BASE_URL: app.url,
      ALLOW_HOSTS: tools.hosts.join(),
    },
    readyLine: /^http:/,
  });
  onTestFinished(async () => void (await other.stop()));
  const [cookie] = await context.cookies();
  const userId = cookie?.value.split(".")[0] ?? "";
  return async (procedure: string, input: unknown): Promise<{ sessionId: string }> => {
    const response = await fetch(`${other.line}/api/mcp/trpc/mcp.connections.${procedure}`, {
      method: "POST",
      headers: { authorization: `Bearer ${userId}`, "content-type": "application/json" },
      body: JSON.stringify(input),
    });
    const { result } = await response.json();
    return result.data;
  };
}

/** The region that a screen reader reads out automatically. */
const spoken = (page: Page) => page.getByRole("status");

/** A reload removes this mark. */
const mark = (page: Page) => page.evaluate(() => document.body.setAttribute("data-stays", ""));
const isMarked = (page: Page) => page.evaluate(() => document.body.hasAttribute("data-stays"));

test("when the app is killed, the page says so and keeps its data, and it recovers without a reload", async () => {
  const app = await startWeb({ redisUrl: inject("redisUrl") });
  const { page, context, consoleErrors } = await visit(app);
  const mutate = await startOther(app, context);
  const { sessionId } = await mutate("connect", { serverUrl: tools.url, serverName: "First", serverId: "first" });
  const [first, second] = [cardOf(page, "First"), cardOf(page, "Second")];
  await first.getByText("Connected · 4 tools").waitFor();
  await mark(page);

  await app.kill9();
  await page.getByText(/^Reconnecting/).waitFor();
  await page.getByText("The app cannot be reached", { exact: true }).waitFor();
  await page.getByText("This page keeps trying to reconnect.").waitFor();
  await page.getByText("What you see below is the last known state.").waitFor();
  await spoken(page).getByText("The app cannot be reached. What you see is the last known state").waitFor();
  await first.getByText("Connected · 4 tools(last known)").waitFor();
  await checkEveryLook(page, "app-away");

  await first.getByRole("button", { name: "Disconnect" }).click();
  await first.getByText("The app cannot be reached").waitFor();

  await mutate("disconnect", { sessionId });
  await mutate("connect", { serverUrl: tools.url, serverName: "Second", serverId: "second" });
  expect(await first.textContent()).toContain("(last known)");
  expect(await second.count()).toBe(0);

  await startWeb({ redisUrl: inject("redisUrl"), port: app.port });
  await untilLive(page);
  await first.getByText("Disconnected").waitFor();
  await second.getByText("Connected · 4 tools", { exact: true }).waitFor();
  await spoken(page).getByText("This page is live again").waitFor();
  expect(await page.getByText(/last known|cannot be reached|^Reconnecting/).count()).toBe(0);
  await first.getByRole("button", { name: /connect/i }).click();
  await first.getByText("Connected · 4 tools", { exact: true }).waitFor();
  expect(await isMarked(page)).toBe(true);
  expect(consoleErrors.filter((error) => !awayError.test(error))).toEqual([]);
});

longTest("when an app without Redis restarts, its connections are gone, and open pages say so", async () => {
  const app = await startWeb({});
  const { page, context } = await visit(app);
  await page.getByRole("textbox", { name: /address|url/i }).fill(tools.url);
  await page.getByRole("textbox", { name: /address|url/i }).press("Enter");
  const card = page.getByRole("article");
  await card.getByText("Connected · 4 tools").waitFor();
  await mark(page);
  const tab = await context.newPage();
  await tab.goto(app.url);
  await tab.getByRole("link", { name: "Open tools" }).click();
  await tab.getByLabel(/arguments/i).waitFor();
  await app.kill9();
  await card.getByText("(last known)").waitFor();
  await startWeb({ port: app.port });
  await untilLive(page);
  await page.getByText("Connect your first server").waitFor();
  await page.getByText("Your connections have ended").waitFor();
  await tab.getByRole("heading", { name: "This connection has ended" }).waitFor();
  await tab.getByText(/or the app was restarted/).waitFor();
  for (const each of [page, tab]) expect(await axeViolations(each)).toEqual([]);
  expect(await card.count()).toBe(0);
  expect(await isMarked(page)).toBe(true);
  await page.reload();
  await page.getByText("Connect your first server").waitFor();
  expect(await page.getByText("Your connections have ended").count()).toBe(0);
});

longTest("an app that is asked to end tells its pages immediately and does not wait for them", async () => {
  const app = await startWeb({ redisUrl: inject("redisUrl") });
  const { page } = await visit(app);
  const asked = performance.now();
  const stopped = app.stop();
  await page.getByText(/^Reconnecting/).waitFor();
  expect(performance.now() - asked).toBeLessThan(2_000);
  expect(await stopped).toBe(143);
  expect(app.output()).not.toMatch(/error/i);
  await page.getByText("The app cannot be reached", { exact: true }).waitFor();
  await startWeb({ redisUrl: inject("redisUrl"), port: app.port });
  await untilLive(page);
});
