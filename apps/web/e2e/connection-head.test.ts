import type { Locator, Page, Route } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { longTest, openPage } from "./browser";
import { checkEveryLook } from "./every-look";
import { type App, startApp } from "./harness";
import { type OffersServer, startOffersServer } from "./offers-server";
import { cardOf } from "./person";

const rightToLeft = "קובץ חשוב";

let app: App;
let server: OffersServer;
let hostile: OffersServer;
let silent: OffersServer;

beforeAll(async () => {
  const tools = { "tools/list": { tools: [] } };
  server = await startOffersServer({
    ...tools,
    initialize: {
      serverInfo: { name: "offers", title: "Offers of the day", version: "2.1.0" },
      instructions: "Search first.\nThen ask.",
    },
  });
  hostile = await startOffersServer({
    ...tools,
    initialize: {
      serverInfo: { name: rightToLeft, title: "W".repeat(100_000), version: `<b>${rightToLeft}</b>` },
      instructions: `${rightToLeft}\n<img src=x onerror="window.hacked=1">\n${"W".repeat(60_000)}`,
    },
  });
  silent = await startOffersServer(tools);
  app = await startApp({ env: { MCP_ALLOW_HOSTS: [server, hostile, silent].map(({ host }) => host).join() } });
});
afterAll(async () => {
  await app?.stop();
  for (const each of [server, hostile, silent]) await each?.close();
});

/** Connects a server, and opens its page. */
async function visit({ url }: OffersServer) {
  const opened = await openPage();
  onTestFinished(() => opened.context.close());
  const { page } = opened;
  await page.goto(app.url);
  await page.getByRole("textbox", { name: "Server address" }).fill(url);
  await page.getByRole("textbox", { name: /^Name/ }).fill("Mine");
  await page.getByRole("button", { name: "Connect", exact: true }).first().click();
  await cardOf(page, "Mine").getByRole("link", { name: "Open tools" }).click();
  await title(page, "Mine").waitFor();
  return opened;
}

const title = (page: Page, name: string) => page.getByRole("heading", { level: 1, name, exact: true });
const isFocused = (target: Locator) =>
  expect.poll(() => target.evaluate((element) => element === document.activeElement)).toBe(true);
const openInstructions = (page: Page) => page.getByText("What the server says about its use").click();

test("the head says what the server calls itself, and shows its instructions when the user opens them", async () => {
  const { page, context, consoleErrors } = await visit(server);
  const asked: string[] = [];
  context.on("request", (request) => {
    if (request.url().includes("mcp.connections.instructions")) asked.push(request.url());
  });
  await page.getByText("Offers of the day 2.1.0").waitFor();
  await page.getByText(/^\d{4}-\d\d-\d\d$/).waitFor();
  await checkEveryLook(page, "head");
  expect(asked).toEqual([]);
  await openInstructions(page);
  await page.getByRole("figure").getByText("Search first.").waitFor();
  await page
    .getByRole("status")
    .getByText(/What the server says about its use: read/)
    .waitFor();
  expect(asked).toHaveLength(1);
  await checkEveryLook(page, "instructions");
  expect(consoleErrors).toEqual([]);
});

test("a user gives a connection another name with the keyboard", async () => {
  const { page, consoleErrors } = await visit(server);
  const rename = page.getByRole("button", { name: /^Rename/ });
  const field = page.getByRole("dialog").getByRole("textbox", { name: "Name" });
  await rename.focus();
  await page.keyboard.press("Enter");
  await isFocused(field);
  await page.keyboard.press("Delete");
  await page.keyboard.press("Enter");
  await page.getByText("Type a name.").waitFor();
  await isFocused(field);
  await checkEveryLook(page, "renaming");
  await page.keyboard.press("Escape");
  await field.waitFor({ state: "detached" });
  await isFocused(rename);
  await title(page, "Mine").waitFor();

  await page.keyboard.press("Enter");
  await isFocused(field);
  expect(await field.inputValue()).toBe("Mine");
  await page.keyboard.type("Yours");
  await page.keyboard.press("Enter");
  await title(page, "Yours").waitFor();
  await field.waitFor({ state: "detached" });
  await isFocused(rename);
  await page
    .getByRole("status")
    .getByText(/Renamed to Yours/)
    .waitFor();
  await expect.poll(() => page.title()).toBe("Tools · Yours · mcp-redis");
  expect(consoleErrors).toEqual([]);
});

longTest("a name that cannot be saved stays in the field, with the reason", async () => {
  const { page, context } = await visit(server);
  await context.route(/mcp\.connections\.rename/, (route) => route.abort());
  await page.getByRole("button", { name: /^Rename/ }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Name" }).fill("Yours");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByText("The app cannot be reached").waitFor();
  expect(await dialog.getByRole("textbox", { name: "Name" }).inputValue()).toBe("Yours");
  await checkEveryLook(page, "rename-failed");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await title(page, "Mine").waitFor();
});

longTest("without instructions the page says so, and an error says what to do", async () => {
  const { page, context } = await visit(silent);
  await context.route(/mcp\.connections\.instructions/, (route) => route.abort());
  await openInstructions(page);
  await page.getByText("Waiting for the server…").waitFor();
  await page.getByRole("button", { name: "Try again" }).waitFor({ timeout: 30_000 });
  await checkEveryLook(page, "instructions-failed");
  await context.unroute(/mcp\.connections\.instructions/);
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText("The server says nothing about it.").waitFor();
  await checkEveryLook(page, "no-instructions");

  const address = page.url();
  await page.getByRole("link", { name: "Connections", exact: true }).first().click();
  await cardOf(page, "Mine").getByRole("button", { name: "Disconnect" }).click();
  await cardOf(page, "Mine").getByText("Disconnected").waitFor();
  await page.goto(address);
  await openInstructions(page);
  await page.getByText("Connect the server first.").waitFor();
  await checkEveryLook(page, "instructions-disconnected");
});

longTest("nothing moves when the connection is known", async () => {
  const { page, context } = await visit(server);
  const shown = async () => (await page.getByRole("navigation", { name: "This connection" }).boundingBox())?.y;
  const atEnd = await shown();
  // The stream may be asked for later than the page is shown.
  const held: Route[] = [];
  let isHeld = true;
  await context.route(/mcp\.events\.subscribe/, (route) => (isHeld ? void held.push(route) : route.continue()));
  await page.reload();
  await title(page, "Tools").waitFor();
  const before = await shown();
  isHeld = false;
  for (const route of held) await route.continue();
  await title(page, "Mine").waitFor();
  expect(Math.abs((before ?? Number.NaN) - (atEnd ?? Number.NaN))).toBeLessThanOrEqual(1);
});

longTest("hostile names and instructions are shown as plain text, and fit", async () => {
  const { page, consoleErrors } = await visit(hostile);
  await openInstructions(page);
  await page.getByRole("figure").getByText("onerror").waitFor();
  await checkEveryLook(page, "hostile-head");
  for (const name of [rightToLeft, "W".repeat(128)]) {
    await page.getByRole("button", { name: /^Rename/ }).click();
    await page.getByRole("dialog").getByRole("textbox", { name: "Name" }).fill(name);
    await page.keyboard.press("Enter");
    await title(page, name).waitFor();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await checkEveryLook(page, `hostile-name-${name.length}`);
  }
  expect(await page.evaluate(() => "hacked" in window)).toBe(false);
  expect(consoleErrors).toEqual([]);
});
