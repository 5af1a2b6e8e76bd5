import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, inject, onTestFinished, test } from "vitest";
import { longTest, openPage } from "./browser";
import { checkEveryLook } from "./every-look";
import { allow, cardOf, demoCard, openConsent, openDemoTools } from "./person";

const app = inject("app");

async function visit() {
  const opened = await openPage();
  onTestFinished(() => opened.context.close());
  return opened;
}

const content = (page: Page) => page.getByRole("region", { name: "Content" });
const heading = (page: Page, name: string) => page.getByRole("heading", { level: 2, name });

test("a user reads a resource, saves it, and comes back to it by its address, which no server gets", async () => {
  const { page, context, consoleErrors } = await visit();
  const asked: string[] = [];
  context.on("request", (request) => asked.push(request.url()));
  await openDemoTools(page, app.url, "Resources");
  await expect.poll(() => page.title()).toBe("Resources · Demo tools · mcp-redis");
  await heading(page, "Choose a resource").waitFor();
  await checkEveryLook(page, "resources");

  await page.getByRole("link", { name: /time:\/\/\/zones/ }).click();
  await heading(page, "Time zones").waitFor();
  await content(page)
    .getByText(/Europe\/Berlin/)
    .waitFor();
  await checkEveryLook(page, "resource");
  const saved = page.waitForEvent("download");
  await content(page).getByRole("button", { name: "Download" }).click();
  const file = await saved;
  expect(file.suggestedFilename()).toBe("zones.txt");
  const folder = await mkdtemp(join(tmpdir(), "page-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await file.saveAs(join(folder, "zones.txt"));
  expect(await readFile(join(folder, "zones.txt"), "utf8")).toContain("Europe/Berlin\n");

  const read = page.waitForResponse(/mcp\.resources\.read/);
  await content(page).getByRole("button", { name: "Read again" }).click();
  expect((await read).status()).toBe(200);

  await page.reload();
  await heading(page, "Time zones").waitFor();
  await page.getByRole("link", { name: "Events", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "Events" }).waitFor();
  await page.goBack();
  await heading(page, "Time zones").waitFor();
  await page.goBack();
  await heading(page, "Choose a resource").waitFor();
  await page.goForward();
  await heading(page, "Time zones").waitFor();
  await page.getByRole("link", { name: "Resources", exact: true }).click();
  await heading(page, "Choose a resource").waitFor();

  expect(asked.filter((url) => url.includes("zones"))).toEqual([]);
  expect(consoleErrors).toEqual([]);
});

test("a user fills in a template with the keyboard, and the server proposes its values", async () => {
  const { page, context, consoleErrors } = await visit();
  await openDemoTools(page, app.url, "Resources");
  const asked: string[] = [];
  context.on("request", (request) => {
    if (request.url().includes("mcp.completions")) asked.push(request.postData() ?? "");
  });
  await page.getByRole("link", { name: /time:\/\/\/now/ }).click();
  const zone = page.getByRole("combobox", { name: /zone/ });
  await zone.focus();
  await page.keyboard.type("berli");
  const option = page.getByRole("option", { name: "Europe/Berlin" });
  await option.waitFor();
  // Letters that follow each other quickly are one question.
  expect(asked).toHaveLength(1);
  expect(asked[0]).toContain('"value":"berli"');
  await page
    .getByRole("status")
    .getByText(/1 suggestion for zone/)
    .waitFor();
  await checkEveryLook(page, "template");
  await page.keyboard.press("ArrowDown");
  expect(await zone.getAttribute("aria-activedescendant")).toBe(await option.getAttribute("id"));
  await page.keyboard.press("Enter");
  expect(await zone.inputValue()).toBe("Europe/Berlin");
  await option.waitFor({ state: "detached" });
  expect(await content(page).count()).toBe(0);
  await page.keyboard.press("Enter");
  await content(page)
    .getByText(/\d{4} at \d/)
    .waitFor();
  await checkEveryLook(page, "template-read");

  await zone.fill("Nowhere");
  await page.keyboard.press("Enter");
  await content(page)
    .getByText(/has no such resource/)
    .waitFor();
  await checkEveryLook(page, "resource-not-found");
  expect(consoleErrors.filter((line) => !line.includes("mcp.resources.read"))).toEqual([]);
});

longTest("proposals end with Escape and with the focus, and the latest question cancels the one before", async () => {
  const { page, context } = await visit();
  await openDemoTools(page, app.url, "Resources");
  await page.getByRole("link", { name: /time:\/\/\/now/ }).click();
  const zone = page.getByRole("combobox", { name: /zone/ });
  await zone.fill("europe/");
  const list = page.getByRole("listbox");
  await list.waitFor();
  await zone.press("Escape");
  await list.waitFor({ state: "detached" });
  await zone.press("ArrowUp");
  await list.waitFor();
  await page.getByRole("option", { name: "Europe/Rome" }).click();
  expect(await zone.inputValue()).toBe("Europe/Rome");
  await list.waitFor({ state: "detached" });
  await zone.fill("asia");
  await list.waitFor();
  await page.keyboard.press("Tab");
  await list.waitFor({ state: "detached" });

  await context.route(/mcp\.completions/, () => undefined);
  const first = context.waitForEvent("request", (request) => request.url().includes("mcp.completions"));
  await zone.fill("first");
  const asked = await first;
  const ended = context.waitForEvent("requestfailed", (request) => request === asked);
  await zone.fill("second");
  await ended;
});

test("what a sign-in shows is read with it, and what needs no list is found by its name", async () => {
  const { page, context, consoleErrors } = await visit();
  await page.goto(app.url);
  const connect = () => demoCard(page, "Demo notes").getByRole("button", { name: "Connect" }).click();
  await allow(await openConsent(context, connect));
  const card = cardOf(page, "Demo notes");
  await card.getByText("Connected · 3 tools").waitFor();
  await card.getByRole("link", { name: "Open tools" }).click();
  await page.getByLabel(/arguments/i).fill('{"title":"Milk","body":"Two litres"}');
  await page.getByRole("link", { name: /create_note/ }).click();
  await page.getByLabel(/arguments/i).fill('{"title":"Milk","body":"Two litres"}');
  await page.getByRole("button", { name: /^run/i }).click();
  await page.getByText("Created the note").first().waitFor();
  await page.getByRole("link", { name: "Resources", exact: true }).click();
  await page.getByRole("link", { name: /Milk/ }).first().click();
  await content(page).getByText("Two litres").waitFor();
  await page.getByRole("link", { name: "Prompts", exact: true }).click();
  await page.getByRole("combobox", { name: /title/ }).fill("m");
  await page.getByRole("option", { name: "Milk" }).click();
  await page.getByRole("button", { name: "Show messages" }).click();
  await page.getByRole("region", { name: "Messages" }).getByText("Two litres").waitFor();
  await checkEveryLook(page, "prompt-with-resource");
  expect(consoleErrors).toEqual([]);
});

longTest("without a connection, the page says so, and keeps what it has read", async () => {
  const { page } = await visit();
  await openDemoTools(page, app.url, "Resources");
  await page.getByRole("link", { name: /time:\/\/\/zones/ }).click();
  await content(page)
    .getByText(/Europe\/Berlin/)
    .waitFor();
  const address = page.url();
  await page.getByRole("link", { name: "Connections", exact: true }).first().click();
  const card = cardOf(page, "Demo tools");
  await card.getByRole("button", { name: "Disconnect" }).click();
  await card.getByText("Disconnected").waitFor();
  await page.goto(address);
  await page.getByText("Connect it to use it.").waitFor();
  await content(page).getByText("Connect the server first.").waitFor();
  await checkEveryLook(page, "resource-disconnected");
  await page.getByRole("link", { name: "Prompts", exact: true }).click();
  await heading(page, "No prompts yet").waitFor();
  await checkEveryLook(page, "prompts-disconnected");
  await page.getByRole("button", { name: "Reconnect" }).click();
  await page.getByRole("heading", { level: 2, name: "Plan a meeting" }).waitFor();
  await page.goBack();
  await content(page)
    .getByText(/Europe\/Berlin/)
    .waitFor();
});

longTest("an error of a list says what to do, and trying again helps", async () => {
  const { page, context } = await visit();
  await context.route(/mcp\.(resources|prompts)\.(list|templates)/, (route) => route.abort());
  await openDemoTools(page, app.url, "Resources");
  await page.getByText("The app cannot be reached").waitFor({ timeout: 30_000 });
  await checkEveryLook(page, "resources-failed");
  await context.unroute(/mcp\.(resources|prompts)\.(list|templates)/);
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("link", { name: /time:\/\/\/zones/ }).waitFor();
  expect(await page.getByText("The app cannot be reached").count()).toBe(0);
});
