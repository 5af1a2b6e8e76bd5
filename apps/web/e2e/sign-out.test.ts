import type { Locator } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { longTest, openPage } from "./browser";
import { checkEveryLook } from "./every-look";
import { type App, startApp } from "./harness";
import { allow, cardOf, demoCard, openConsent } from "./person";

let app: App;
beforeAll(async () => {
  app = await startApp({ env: { DEMO_RECORD_REQUESTS: "1" } });
});
afterAll(async () => {
  await app?.stop();
});

const requestLog = () => `http://127.0.0.1:${app.ports.oauth}/__requests`;

/** The statuses with which the authorization server answered requests to revoke tokens. */
async function revocations(): Promise<number[]> {
  const recorded: { path: string; status: number }[] = await (await fetch(requestLog())).json();
  return recorded.filter(({ path }) => path === "/token/revocation").map(({ status }) => status);
}

const focusIn = (target: Locator) =>
  expect.poll(() => target.evaluate((element) => element === document.activeElement)).toBe(true);

test("a user signs out of a server with the keyboard, and signs in again", async () => {
  await fetch(requestLog(), { method: "DELETE" });
  const { page, context, consoleErrors } = await openPage();
  onTestFinished(() => context.close());
  await page.goto(app.url);
  await page.getByText("Live", { exact: true }).waitFor();
  await demoCard(page, "Demo tools").getByRole("button", { name: "Connect" }).click();
  await cardOf(page, "Demo tools").getByText("Connected · 4 tools").waitFor();
  const connect = () => demoCard(page, "Demo notes").getByRole("button", { name: "Connect" }).click();
  await allow(await openConsent(context, connect));
  const card = cardOf(page, "Demo notes");
  await card.getByText("Connected · 3 tools").waitFor();
  // Demo tools has no sign-in, so it offers no sign-out.
  const signOut = card.getByRole("button", { name: "Sign out of Demo notes" });
  expect(await page.getByRole("button", { name: /^Sign out/ }).count()).toBe(1);
  await checkEveryLook(page, "signed-in");

  await signOut.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("alertdialog", { name: "Sign out of Demo notes?" });
  await focusIn(dialog.getByRole("button", { name: "Stay signed in" }));
  await checkEveryLook(page, "asks-before-signing-out");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await focusIn(signOut);
  expect(await revocations()).toEqual([]);

  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
  await card.getByText("You signed out").waitFor();
  await page
    .getByRole("status")
    .getByText(/Demo notes: disconnected\. You signed out/)
    .waitFor();
  await focusIn(card);
  expect(await signOut.count()).toBe(0);
  expect(await revocations()).toEqual([200]);
  await checkEveryLook(page, "signed-out");

  // The authorization server still knows the user, but asks again, because its consent was withdrawn.
  const again = await openConsent(context, () => card.getByRole("button", { name: "Connect" }).click());
  await allow(again);
  await card.getByText("Connected · 3 tools").waitFor();
  expect(await card.getByText("You signed out").count()).toBe(0);
  expect(consoleErrors).toEqual([]);
});

longTest("a user can sign out of a disconnected server, and another tab shows it immediately", async () => {
  await fetch(requestLog(), { method: "DELETE" });
  const { page, context } = await openPage();
  onTestFinished(() => context.close());
  await page.goto(app.url);
  const connect = () => demoCard(page, "Demo notes").getByRole("button", { name: "Connect" }).click();
  await allow(await openConsent(context, connect));
  const card = cardOf(page, "Demo notes");
  await card.getByRole("button", { name: "Disconnect" }).click();
  await card.getByRole("button", { name: "Reconnect" }).waitFor();
  const other = await context.newPage();
  await other.goto(app.url);
  const signOut = cardOf(other, "Demo notes").getByRole("button", { name: "Sign out of Demo notes" });
  await signOut.waitFor();

  await card.getByRole("button", { name: "Sign out of Demo notes" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Sign out" }).click();
  await card.getByRole("button", { name: "Connect" }).waitFor();
  await signOut.waitFor({ state: "detached" });
  expect(await revocations()).toEqual([200]);
  await page.getByRole("link", { name: "Events", exact: true }).click();
  await page.getByText("Signed out", { exact: true }).waitFor();
});
