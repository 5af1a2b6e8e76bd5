import type {} from "@mcp-assistant/testkit/provided-context";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from "vitest";
import { browser, longTest, openPage } from "./browser";
import { type App, startApp } from "./harness";
import { cardOf, demoCard } from "./person";

let app: App;
beforeAll(async () => {
  app = await startApp({ redisUrl: inject("redisUrl") });
});
afterAll(async () => {
  await app?.stop();
});

/** The event streams that a browser has open, with the pages that hold them, and the maximum open at once. */
function watchStreams(context: BrowserContext) {
  const open = new Map<unknown, Page>();
  let most = 0;
  context.on("request", (request) => {
    if (!request.url().includes("/api/mcp/trpc/mcp.events.subscribe")) return;
    const page = request.frame().page();
    open.set(request, page);
    most = Math.max(most, open.size);
    page.once("close", () => open.delete(request));
  });
  context.on("requestfinished", (request) => open.delete(request));
  context.on("requestfailed", (request) => open.delete(request));
  return { holders: () => [...open.values()], most: () => most };
}

async function openBrowser() {
  const { page, context, consoleErrors } = await openPage();
  onTestFinished(() => context.close());
  return { page, context, consoleErrors, streams: watchStreams(context) };
}

/** Long enough for a busy machine. */
const patience = { timeout: 15_000 };

const untilLive = (page: Page) => page.getByText("Live", { exact: true }).waitFor();

async function openTab(context: BrowserContext, path = ""): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${app.url}${path}`);
  await untilLive(page);
  return page;
}

/** The text of each event that the events page shows, oldest first. */
async function shownEvents(page: Page): Promise<string[]> {
  const rows = await page
    .locator("li summary")
    .evaluateAll((summaries) => summaries.map((summary) => summary.textContent));
  return rows.reverse();
}

/** Sends a mutation with the browser's cookies, as a page of the app would. */
async function mutate(context: BrowserContext, procedure: string, input: unknown): Promise<{ sessionId: string }> {
  const url = `${app.url}/api/mcp/trpc/mcp.connections.${procedure}`;
  const response = await context.request.post(url, { data: input, headers: { origin: app.url } });
  expect(response.ok(), `${procedure}: ${response.status()}`).toBe(true);
  return (await response.json()).result.data ?? { sessionId: "" };
}

const demoTools = () => ({ serverUrl: `http://127.0.0.1:${app.ports.modern}/mcp`, serverName: "Demo tools" });

longTest("ten tabs share one stream, and another tab continues it when its tab is closed", async () => {
  const { page: first, context, consoleErrors, streams } = await openBrowser();
  const loading = Array.from({ length: 9 }, () => openTab(context, "/events"));
  await first.goto(app.url);
  await untilLive(first);
  const others = await Promise.all(loading);
  const tabs = [first, ...others];
  expect(streams.most()).toBeLessThanOrEqual(2);
  expect(streams.holders()).toHaveLength(1);

  await demoCard(first, "Demo tools").getByRole("button", { name: "Connect" }).click();
  await cardOf(first, "Demo tools").getByText("Connected · 4 tools").waitFor();
  await Promise.all(others.map((tab) => tab.getByText("Loading tools → Connected · 4 tools").waitFor()));
  const { sessionId } = await mutate(context, "connect", demoTools());

  for (let round = 1; round <= 3; round += 1) {
    const [leader] = streams.holders();
    if (!leader) throw new Error("No tab has a stream");
    const happening = (async () => {
      await mutate(context, "disconnect", { sessionId });
      await mutate(context, "reconnect", { sessionId });
    })();
    await leader.close();
    tabs.splice(tabs.indexOf(leader), 1);
    await happening;
    for (const tab of tabs.filter((each) => each !== first)) {
      await expect.poll(() => tab.getByText("Loading tools → Connected").count(), patience).toBe(round + 1);
      await untilLive(tab);
    }
  }
  expect(streams.holders()).toHaveLength(1);
  expect(streams.most()).toBeLessThanOrEqual(2);
  const histories = tabs.filter((tab) => tab !== first);
  for (const tab of histories) {
    await expect.poll(async () => (await shownEvents(tab)).length, patience).toBe(3 + 3 * 4);
  }
  const [events, ...all] = await Promise.all(histories.map(shownEvents));
  for (const each of all) expect(each).toEqual(events);
  expect(consoleErrors).toEqual([]);
});

test("another tab continues the stream when the tab that holds it is closed", async () => {
  const { page: leader, context, streams } = await openBrowser();
  await leader.goto(app.url);
  await untilLive(leader);
  const other = await openTab(context);
  await expect.poll(() => streams.holders(), patience).toEqual([leader]);
  await leader.close();
  await mutate(context, "connect", demoTools());
  await cardOf(other, "Demo tools").getByText("Connected · 4 tools").waitFor();
  await untilLive(other);
  expect(streams.holders()).toEqual([other]);
  expect(streams.most()).toBeLessThanOrEqual(2);
});

longTest("when the leading tab hangs, another one takes over, and the first follows when it is back", async () => {
  const { page: leader, context, streams } = await openBrowser();
  await leader.goto(app.url);
  await untilLive(leader);
  const other = await openTab(context);
  const debug = await context.newCDPSession(leader);
  await debug.send("Debugger.enable");
  await debug.send("Debugger.pause");
  await other.getByText("Reconnecting").waitFor({ timeout: 40_000 });
  await untilLive(other);
  expect(streams.holders()).toContain(other);
  const { sessionId } = await mutate(context, "connect", demoTools());
  await cardOf(other, "Demo tools").getByText("Connected · 4 tools").waitFor();
  await debug.send("Debugger.disable");
  await cardOf(leader, "Demo tools").getByText("Connected · 4 tools").waitFor();
  await mutate(context, "disconnect", { sessionId });
  for (const page of [leader, other]) await cardOf(page, "Demo tools").getByText("Disconnected").waitFor();
  await expect.poll(() => streams.holders(), patience).toEqual([other]);
  expect(streams.most()).toBeLessThanOrEqual(2);
});

test("a tab that returns from another site shows what happened in the meantime", async () => {
  const { page, context, streams } = await openBrowser();
  await page.goto(app.url);
  await untilLive(page);
  const other = await openTab(context);
  const { sessionId } = await mutate(context, "connect", demoTools());
  await cardOf(page, "Demo tools").getByText("Connected · 4 tools").waitFor();
  await page.goto("about:blank");
  await expect.poll(() => streams.holders(), patience).toEqual([other]);
  await mutate(context, "disconnect", { sessionId });
  await page.goBack();
  await cardOf(page, "Demo tools").getByText("Disconnected").waitFor();
  await untilLive(page);
  expect(streams.holders()).toEqual([other]);
});

/** Records all text that the page has in its DOM from now on. */
async function recordTexts(page: Page): Promise<() => Promise<string>> {
  await page.addInitScript(() => {
    const seen: string[] = [];
    Object.assign(globalThis, { seenTexts: seen });
    new MutationObserver(() => seen.push(document.body?.textContent ?? "")).observe(document, {
      subtree: true,
      childList: true,
      characterData: true,
    });
  });
  return () => page.evaluate(() => (globalThis as unknown as { seenTexts: string[] }).seenTexts.join("\n"));
}

test("when another user signs in, they see nothing of the previous user, whose tabs drop everything", async () => {
  const { page: ada, context, streams } = await openBrowser();
  await ada.goto(app.url);
  await untilLive(ada);
  const { sessionId } = await mutate(context, "connect", { ...demoTools(), serverName: "Of Ada" });
  await cardOf(ada, "Of Ada").waitFor();
  const cookiesOfAda = await context.cookies();
  const typed = ada.getByRole("textbox", { name: /address/i });
  await typed.fill("https://ada.example/mcp");

  await context.clearCookies();
  const bob = await context.newPage();
  const seenByBob = await recordTexts(bob);
  await bob.goto(app.url);
  await untilLive(bob);
  await cardOf(ada, "Of Ada").waitFor({ state: "detached" });
  await expect.poll(() => typed.inputValue()).toBe("");
  await mutate(context, "connect", { ...demoTools(), serverName: "Of Bob" });
  for (const page of [ada, bob]) await cardOf(page, "Of Bob").getByText("Connected · 4 tools").waitFor();

  const elsewhere = await browser.newContext();
  onTestFinished(() => elsewhere.close());
  await elsewhere.addCookies(cookiesOfAda);
  await mutate(elsewhere, "disconnect", { sessionId });
  await mutate(elsewhere, "reconnect", { sessionId });
  await mutate(context, "connect", { ...demoTools(), serverId: "second", serverName: "Of Bob, too" });
  for (const page of [ada, bob]) await cardOf(page, "Of Bob, too").getByText("Connected · 4 tools").waitFor();
  expect(await cardOf(ada, "Of Ada").count()).toBe(0);
  expect(await seenByBob()).not.toContain("Of Ada");
  await expect.poll(() => streams.holders(), patience).toHaveLength(1);
  expect(streams.most()).toBeLessThanOrEqual(2);
});

test("a page whose user has changed while its window was minimized drops everything when it is shown", async () => {
  const { page, context } = await openBrowser();
  await page.goto(app.url);
  await untilLive(page);
  await mutate(context, "connect", { ...demoTools(), serverName: "Of Ada" });
  await cardOf(page, "Of Ada").waitFor();
  const cdp = await context.newCDPSession(page);
  // By default Playwright makes every page believe that it has the focus.
  await cdp.send("Emulation.setFocusEmulationEnabled", { enabled: false });
  const { windowId } = await cdp.send("Browser.getWindowForTarget");
  // Not another tab in front: the headless shell never moves a tab to the background.
  await cdp.send("Browser.setWindowBounds", { windowId, bounds: { windowState: "minimized" } });
  const bob = await browser.newContext();
  onTestFinished(() => bob.close());
  await (await bob.newPage()).goto(app.url);
  await context.clearCookies();
  await context.addCookies(await bob.cookies());
  expect(await cardOf(page, "Of Ada").count()).toBe(1);
  await cdp.send("Browser.setWindowBounds", { windowId, bounds: { windowState: "normal" } });
  await cardOf(page, "Of Ada").waitFor({ state: "detached" });
  await page.getByText("Live", { exact: true }).waitFor();
});
