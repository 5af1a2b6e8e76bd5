import type {} from "@mcp-assistant/testkit/provided-context";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from "vitest";
import { longTest, openPage } from "./browser";
import { checkEveryLook } from "./every-look";
import { type App, axeViolations, startApp } from "./harness";
import { allow, cardOf, demoCard, openConsent } from "./person";
import { encryptionKeys } from "./sealed";

let app: App;

beforeAll(async () => {
  const env = { MCP_ENCRYPTION_KEYS: encryptionKeys, DEMO_RECORD_REQUESTS: "1" };
  app = await startApp({ redisUrl: inject("redisUrl"), env });
});
afterAll(async () => {
  await app?.stop();
});

const result = (page: Page) => page.getByRole("region", { name: "Result" });
const allowMore = (page: Page) => result(page).getByRole("button", { name: "Sign in to allow it" });
const runAgain = (page: Page) => result(page).getByRole("button", { name: "Run again" });

/** How many calls of the demo's tools had enough scope. */
async function callsOf(): Promise<number> {
  const recorded: { rpcMethod?: string; status: number }[] = await (
    await fetch(`http://127.0.0.1:${app.ports.oauth}/__requests`)
  ).json();
  return recorded.filter(({ rpcMethod, status }) => rpcMethod === "tools/call" && status === 200).length;
}

/** Opens the tools page of a connection after a normal sign-in. */
async function visitNotes() {
  const opened = await openPage();
  onTestFinished(() => opened.context.close());
  const { page, context } = opened;
  await page.goto(app.url);
  await allow(
    await openConsent(context, () => demoCard(page, "Demo notes").getByRole("button", { name: "Connect" }).click()),
  );
  await cardOf(page, "Demo notes").getByText("Connected · 3 tools").waitFor();
  const openTools = () => cardOf(page, "Demo notes").getByRole("link", { name: "Open tools" }).click();
  await openTools();
  return { ...opened, openTools };
}

const toolLink = (page: Page, name: RegExp) =>
  page.getByRole("navigation", { name: "Tools" }).getByRole("link", { name });

/** On a narrow screen the chosen tool replaces the list. */
async function openTool(page: Page, name: RegExp): Promise<void> {
  const back = page.getByRole("button", { name: "All tools" });
  await toolLink(page, name).or(back).first().waitFor();
  if (await back.isVisible()) await back.click();
  await toolLink(page, name).click();
}

async function callTool(page: Page, name: RegExp, args: Record<string, unknown>): Promise<void> {
  await openTool(page, name);
  await page.getByLabel(/arguments/i).fill(JSON.stringify(args));
  await page.getByRole("button", { name: /^run$/i }).click();
}

test("a call that needs another permission gets it and is run again", async () => {
  const { page, context, consoleErrors, openTools } = await visitNotes();
  const host = `127.0.0.1:${app.ports.oauth}`;
  await callTool(page, /delete_note/, { id: "no-such-note" });
  await result(page).getByText(`${host} needs more permissions: notes:delete`).waitFor();
  await allowMore(page).waitFor();
  await page.getByText("Connected · 3 tools").first().waitFor();
  await page.getByRole("status").getByText("needs another permission").waitFor({ state: "attached" });
  await checkEveryLook(page, "needs-permission");

  await page.getByRole("link", { name: "Connections" }).first().click();
  const card = cardOf(page, "Demo notes");
  await card.getByText("Demo notes needs another permission").waitFor();
  await card.getByText("Connected · 3 tools").waitFor();
  await checkEveryLook(page, "connection-wants-permission");
  await openTools();
  await openTool(page, /delete_note/);

  const before = await callsOf();
  await allowMore(page).focus();
  const popup = await openConsent(context, () => page.keyboard.press("Enter"));
  await popup.getByText("notes:delete").waitFor();
  await popup.getByText("notes:write").waitFor();
  await allow(popup);
  await runAgain(page).waitFor();
  await checkEveryLook(page, "run-again");
  expect(await callsOf()).toBe(before);
  expect(await runAgain(page).evaluate((button) => button === document.activeElement)).toBe(true);
  await page.keyboard.press("Enter");
  await result(page).getByText("There is no note with the id no-such-note.").first().waitFor();
  expect(await callsOf()).toBe(before + 1);
  expect(await result(page).evaluate((region) => region === document.activeElement)).toBe(true);

  await page.getByRole("link", { name: "Events", exact: true }).click();
  await page.getByText("The server needs another permission").waitFor();
  expect(consoleErrors.filter((text) => !text.includes("412"))).toEqual([]);
});

test("after the user denies a permission, the other tools still work, and the user can grant it later", async () => {
  const { page, context } = await visitNotes();
  await callTool(page, /delete_note/, { id: "no-such-note" });
  const popup = await openConsent(context, () => allowMore(page).click());
  const closed = popup.waitForEvent("close");
  await popup.getByRole("button", { name: "Deny" }).click();
  await closed;
  await allowMore(page).waitFor();

  await callTool(page, /search_notes/, { query: "" });
  await result(page).getByText("No note matches.").first().waitFor();
  await page.getByText("Demo notes needs another permission").waitFor();
  await openTool(page, /delete_note/);
  await allowMore(page).waitFor();
  expect(await page.getByRole("button", { name: "Sign in to allow it" }).count()).toBe(1);

  await page.getByRole("link", { name: "Connections" }).first().click();
  const card = cardOf(page, "Demo notes");
  const again = await openConsent(context, () => card.getByRole("button", { name: "Sign in to allow it" }).click());
  await allow(again);
  await card.getByText("Demo notes needs another permission").waitFor({ state: "detached" });
  await card.getByRole("link", { name: "Open tools" }).click();
  await openTool(page, /delete_note/);
  // The editor holds the arguments of another call by now.
  await page.getByLabel(/arguments/i).fill(JSON.stringify({ id: "another-note" }));
  await runAgain(page).click();
  await result(page).getByText("There is no note with the id no-such-note.").first().waitFor();
});

longTest("when the browser blocks the window, a link replaces it, and the reason stays", async () => {
  const { page, context } = await visitNotes();
  await callTool(page, /delete_note/, { id: "no-such-note" });
  await allowMore(page).waitFor();
  await page.evaluate(() => {
    window.open = () => null;
  });
  await allowMore(page).click();
  await result(page)
    .getByText(/blocked the sign-in window/i)
    .waitFor();
  await result(page).getByText("needs more permissions: notes:delete").waitFor();
  expect(await axeViolations(page)).toEqual([]);
  await allow(await openConsent(context, () => result(page).getByRole("link", { name: "Open sign-in" }).click()));
  await runAgain(page).click();
  await result(page).getByText("There is no note with the id no-such-note.").first().waitFor();
});

longTest("a page opened later also shows that a permission is missing", async () => {
  const { page, context } = await visitNotes();
  await callTool(page, /delete_note/, { id: "no-such-note" });
  await allowMore(page).waitFor();
  await page.reload();
  const notice = page.getByText("Demo notes needs another permission");
  await notice.waitFor();
  await allow(await openConsent(context, () => page.getByRole("button", { name: "Sign in to allow it" }).click()));
  await notice.waitFor({ state: "detached" });
});
