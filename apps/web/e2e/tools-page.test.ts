import type { Page } from "playwright-core";
import { expect, inject, onTestFinished, test } from "vitest";
import { longTest, openPage } from "./browser";
import { cardOf, demoCard } from "./person";

const app = inject("app");

/** Opens a page in its own browser context, with the tools of a new connection. */
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

test("hovering over the link loads the tools with tRPC's own hooks, and the page does not load them again", async () => {
  const { page, context } = await openPage();
  onTestFinished(() => context.close());
  await page.goto(app.url);
  await demoCard(page, "Demo tools").getByRole("button", { name: "Connect" }).click();
  await cardOf(page, "Demo tools").getByText("Connected · 4 tools").waitFor();
  // After the reload the page knows the connections but not their tools.
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

test("arguments and results are still there after visiting another page", async () => {
  const { page } = await visitTools();
  await editor(page).fill('{ "a": 40, "b": 2 }');
  await page.getByRole("button", { name: /^run/i }).click();
  await result(page).getByText("42").first().waitFor();
  await editor(page).fill('{ "a": 4');
  await leaveAndComeBack(page);
  expect(await editor(page).inputValue()).toBe('{ "a": 4');
  await result(page).getByText("42").first().waitFor();
});

test("a call continues while the user visits another page, and can be cancelled afterwards", async () => {
  const { page, context } = await visitTools();
  const hold = context.waitForEvent("request", (request) => request.url().includes("mcp.tools.call"));
  // Never answer the call.
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

longTest("nothing is kept of a removed connection", async () => {
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
