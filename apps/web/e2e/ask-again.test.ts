import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { openPage } from "./browser";
import { checkEveryLook } from "./every-look";
import { type App, startApp } from "./harness";
import { type OffersServer, startOffersServer } from "./offers-server";
import { cardOf } from "./person";

const resources: { uri: string; name: string }[] = [];
const resourceTemplates: { uriTemplate: string; name: string }[] = [];
const prompts: { name: string }[] = [];
const contents = [{ uri: "x:a", text: "first" }];

let app: App;
let server: OffersServer;

beforeAll(async () => {
  server = await startOffersServer({
    "tools/list": { tools: [{ name: "change", inputSchema: { type: "object" } }] },
    "tools/call": { content: [{ type: "text", text: "changed" }] },
    "resources/list": { resources },
    "resources/templates/list": { resourceTemplates },
    "resources/read": { contents },
    "resources/subscribe": {},
    "resources/unsubscribe": {},
    "prompts/list": { prompts },
  });
  app = await startApp({ env: { MCP_ALLOW_HOSTS: server.host } });
});
afterAll(async () => {
  await app?.stop();
  await server?.close();
});

/** Connects the server, and opens its resources. */
async function visit() {
  resources.splice(0, resources.length, { uri: "x:a", name: "a" });
  resourceTemplates.splice(0, resourceTemplates.length, { uriTemplate: "x:{one}", name: "family" });
  prompts.splice(0, prompts.length, { name: "ask" });
  contents[0] = { uri: "x:a", text: "first" };
  const opened = await openPage();
  const { page, context } = opened;
  onTestFinished(() => context.close());
  await page.goto(app.url);
  await page.getByText("Live", { exact: true }).waitFor();
  await page.getByRole("textbox", { name: "Server address" }).fill(server.url);
  await page.getByRole("textbox", { name: /^Name/ }).fill("Offers");
  await page.getByRole("button", { name: "Connect", exact: true }).first().click();
  await cardOf(page, "Offers").getByRole("link", { name: "Open tools" }).click();
  await go(page, "Resources");
  return opened;
}

async function go(page: Page, view: string): Promise<void> {
  await page.getByRole("navigation", { name: "This connection" }).getByRole("link", { name: view }).click();
  await page.waitForURL(`**/${view.toLowerCase()}`);
}

const content = (page: Page) => page.getByRole("region", { name: "Content" });
const refresh = (page: Page) => page.getByRole("button", { name: "Refresh" });

test("the lists are asked for again when the user wants it, and when a tool has been called", async () => {
  const { page, consoleErrors } = await visit();
  await page.getByRole("link", { name: "x:a" }).waitFor();
  resources.push({ uri: "x:b", name: "b" });
  resourceTemplates.push({ uriTemplate: "x:more/{two}", name: "more" });
  await refresh(page).click();
  await page.getByRole("link", { name: "x:b" }).waitFor();
  await page.getByRole("link", { name: "x:more/{two}" }).waitFor();

  await go(page, "Prompts");
  await page.getByRole("link", { name: "ask" }).waitFor();
  prompts.push({ name: "answer" });
  await refresh(page).click();
  await page.getByRole("link", { name: "answer" }).waitFor();

  await go(page, "Tools");
  resources.push({ uri: "x:made", name: "made" });
  prompts.splice(0);
  await page.getByRole("button", { name: /^run/i }).click();
  await page.getByRole("region", { name: "Result" }).getByText("changed").first().waitFor();
  await go(page, "Resources");
  await page.getByRole("link", { name: "x:made" }).waitFor();
  await go(page, "Prompts");
  await page.getByText("This server has no prompts").waitFor();
  prompts.push({ name: "late" });
  await refresh(page).click();
  await page.getByRole("link", { name: "late" }).waitFor();
  expect(consoleErrors).toEqual([]);
});

test("a resource that cannot be followed says why, and is followed when the user asks again", async () => {
  const { page, context } = await visit();
  await page.getByRole("link", { name: "x:a" }).click();
  await content(page).getByText("first").waitFor();
  const follow = page.getByRole("switch", { name: "Follow" });
  const problem = content(page).getByText("The app cannot be reached");
  await context.route(/mcp\.resources\.subscribe/, (route) => route.abort());
  await follow.click();
  await problem.waitFor();
  expect(await follow.isChecked()).toBe(true);
  await follow.click();
  await problem.waitFor({ state: "detached" });
  expect(await follow.isChecked()).toBe(false);
  expect(server.isFollowed()).toBe(false);
  await context.unroute(/mcp\.resources\.subscribe/);
  await follow.click();
  await expect.poll(() => server.isFollowed(), { timeout: 40_000 }).toBe(true);
  expect(await follow.isChecked()).toBe(true);
  expect(await problem.count()).toBe(0);

  const other = await context.newPage();
  await other.goto(app.url);
  await cardOf(other, "Offers").getByRole("button", { name: "Disconnect" }).click();
  await content(page).getByText("Connect the server first.").waitFor();
  await cardOf(other, "Offers")
    .getByRole("button", { name: /connect/i })
    .first()
    .click();
  await follow.waitFor();
  expect(await follow.isChecked()).toBe(true);
});

test("a template is read again with the same values, but not without a connection", async () => {
  const { page, context, consoleErrors } = await visit();
  await page.getByRole("link", { name: "x:{one}" }).click();
  await page
    .getByRole("combobox", { name: "one" })
    .or(page.getByRole("textbox", { name: "one" }))
    .fill("a");
  const read = page.getByRole("button", { name: /^Read/ });
  await read.click();
  await content(page).getByText("first").waitFor();
  contents[0] = { uri: "x:a", text: "second" };
  await read.click();
  await content(page).getByText("second").waitFor();

  const other = await context.newPage();
  await other.goto(app.url);
  await cardOf(other, "Offers").getByRole("button", { name: "Disconnect" }).click();
  await page.getByText("Connect the server first.").waitFor();
  expect(await read.getAttribute("aria-disabled")).toBe("true");
  expect(consoleErrors).toEqual([]);
});

test("a read that takes long can be cancelled, and what was read before stays", async () => {
  const { page, context } = await visit();
  await page.getByRole("link", { name: "x:a" }).click();
  await content(page).getByText("first").waitFor();
  await context.route(/mcp\.resources\.read/, () => undefined);
  const asked = context.waitForEvent("request", (request) => request.url().includes("mcp.resources.read"));
  await content(page).getByRole("button", { name: "Read again" }).click();
  const hanging = await asked;
  await content(page)
    .getByText(/^Reading… \d+ s/)
    .waitFor();
  await checkEveryLook(page, "resource-reading");
  const ended = context.waitForEvent("requestfailed", (request) => request === hanging);
  await content(page).getByRole("button", { name: "Cancel" }).click();
  await ended;
  await content(page).getByText("Cancelled").waitFor();
  await content(page).getByText("first").waitFor();
  await context.unroute(/mcp\.resources\.read/);
  contents[0] = { uri: "x:a", text: "second" };
  await content(page).getByRole("button", { name: "Read again" }).click();
  await content(page).getByText("second").waitFor();
});

test("resources are shown while the templates are awaited, and each list has an error of its own", async () => {
  const { page, context } = await visit();
  await context.route(/mcp\.resources\.templates/, () => undefined);
  await page.reload();
  await page.getByRole("link", { name: "x:a" }).waitFor();
  await context.unroute(/mcp\.resources\.templates/);
  await context.route(/mcp\.resources\.templates/, (route) => route.abort());
  await page.reload();
  await page.getByText("The app cannot be reached").waitFor({ timeout: 30_000 });
  await page.getByRole("link", { name: "x:a" }).waitFor();
  await context.unroute(/mcp\.resources\.templates/);
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("link", { name: "x:{one}" }).waitFor();
  expect(await page.getByText("The app cannot be reached").count()).toBe(0);
});
