import type { Page } from "playwright-core";
import { expect, inject, onTestFinished, test } from "vitest";
import { openPage } from "./browser";
import { cardOf, demoCard } from "./person";

const app = inject("app");

/** A page that shows the tools of a connection of its own. */
async function visitTools() {
  const opened = await openPage();
  onTestFinished(() => opened.context.close());
  const { page } = opened;
  await page.goto(app.url);
  await demoCard(page, "Demo tools").getByRole("button", { name: "Connect" }).click();
  await cardOf(page, "Demo tools").getByText("Connected · 4 tools").waitFor();
  await openTools(page);
  return opened;
}

const openTools = (page: Page) => cardOf(page, "Demo tools").getByRole("link", { name: "Open tools" }).click();
const editor = (page: Page) => page.getByLabel(/arguments/i);
const result = (page: Page) => page.getByRole("region", { name: "Result" });

async function leaveAndComeBack(page: Page) {
  await page.getByRole("link", { name: "Events", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "Events" }).waitFor();
  await page.getByRole("link", { name: "Connections", exact: true }).click();
  await openTools(page);
}

test("tRPC's own hooks ask for the tools when the link is pointed at, and the page asks no more", {
  timeout: 60_000,
}, async () => {
  const { page, context } = await openPage();
  onTestFinished(() => context.close());
  await page.goto(app.url);
  await demoCard(page, "Demo tools").getByRole("button", { name: "Connect" }).click();
  await cardOf(page, "Demo tools").getByText("Connected · 4 tools").waitFor();
  // As after a visit to the page that heard nothing of the tools: only the connections are known.
  await page.reload();
  const asked: string[] = [];
  page.on("request", (request) => {
    if (request.url().includes("mcp.tools.list")) asked.push(request.url());
  });
  const link = cardOf(page, "Demo tools").getByRole("link", { name: "Open tools" });
  const answered = page.waitForResponse(/mcp\.tools\.list/);
  await link.hover();
  await answered;
  await link.click();
  await editor(page).waitFor();
  expect(asked).toHaveLength(1);
});

test("what was typed and answered is there after a look at another page", { timeout: 60_000 }, async () => {
  const { page } = await visitTools();
  await editor(page).fill('{ "a": 40, "b": 2 }');
  await page.getByRole("button", { name: /^run/i }).click();
  await result(page).getByText("42").first().waitFor();
  await editor(page).fill('{ "a": 4');
  await leaveAndComeBack(page);
  expect(await editor(page).inputValue()).toBe('{ "a": 4');
  await result(page).getByText("42").first().waitFor();
});

test("a call goes on while another page is looked at, and is cancelled from there", { timeout: 60_000 }, async () => {
  const { page, context } = await visitTools();
  const hold = context.waitForEvent("request", (request) => request.url().includes("mcp.tools.call"));
  // Never answered.
  await context.route(/mcp\.tools\.call/, () => undefined);
  await page.getByRole("button", { name: /^run/i }).click();
  const call = await hold;
  await leaveAndComeBack(page);
  await result(page).getByText("Waiting for the server…").waitFor();
  const aborted = context.waitForEvent("requestfailed", (request) => request === call);
  await page.getByRole("button", { name: "Cancel" }).click();
  await aborted;
  await result(page)
    .getByText(/^Cancelled after/)
    .waitFor();
});

test("nothing is kept of a connection that was removed", { timeout: 60_000 }, async () => {
  const { page } = await visitTools();
  await editor(page).fill('{ "a": "a secret" }');
  await page.getByRole("link", { name: "Connections" }).first().click();
  await cardOf(page, "Demo tools").getByRole("button", { name: "Remove Demo tools" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
  await demoCard(page, "Demo tools").getByRole("button", { name: "Connect" }).click();
  await openTools(page);
  await editor(page).waitFor();
  expect(await editor(page).inputValue()).not.toContain("secret");
});
