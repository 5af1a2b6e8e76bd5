import type { Locator, Page } from "playwright-core";
import { expect, inject, onTestFinished, test } from "vitest";
import { longTest, openPage } from "./browser";
import { cardOf, demoCard } from "./person";

const app = inject("app");

async function visit() {
  const { page, context } = await openPage();
  onTestFinished(() => context.close());
  await page.goto(app.url);
  await page.getByText("Live", { exact: true }).waitFor();
  return page;
}

async function press(target: Locator) {
  await target.focus();
  await target.press("Enter");
}

const isFocused = (target: Locator) => target.evaluate((element) => element === document.activeElement);
const focusIn = (target: Locator) => expect.poll(() => isFocused(target)).toBe(true);

async function connectDemoTools(page: Page): Promise<Locator> {
  await press(demoCard(page, "Demo tools").getByRole("button", { name: "Connect" }));
  const card = cardOf(page, "Demo tools");
  await card.getByText("Connected · 4 tools").waitFor();
  return card;
}

test("when a pressed button disappears, its card gets the focus", async () => {
  const page = await visit();
  const card = await connectDemoTools(page);
  await focusIn(page.getByRole("listitem", { name: "Demo tools" }));
  await press(card.getByRole("button", { name: "Disconnect" }));
  await card.getByText("Disconnected").waitFor();
  await focusIn(card);
  await page.keyboard.press("Tab");
  await focusIn(card.getByRole("button", { name: "Reconnect" }));
  await page.keyboard.press("Enter");
  await card.getByText("Connected · 4 tools").waitFor();
  await focusIn(card);
  await page.keyboard.press("Tab");
  await focusIn(card.getByRole("link", { name: "Open tools" }));
});

test("removing a connection moves the focus to the next one, and after the last one to the heading", async () => {
  const page = await visit();
  const card = await connectDemoTools(page);
  await page.getByRole("textbox", { name: /address/i }).fill("http://no-such-host.invalid/mcp");
  await page.keyboard.press("Enter");
  const other = cardOf(page, "no-such-host.invalid");
  await other.getByText("Failed").waitFor();
  for (const [removed, next] of [
    [card, other],
    [other, page.getByRole("heading", { name: "Your connections" })],
  ] as const) {
    await press(removed.getByRole("button", { name: /^Remove/ }));
    await page.getByRole("alertdialog").waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await removed.waitFor({ state: "detached" });
    await focusIn(next);
  }
});

test("a page opened with the keyboard has the focus in its content", async () => {
  const page = await visit();
  const card = await connectDemoTools(page);
  await press(card.getByRole("link", { name: "Open tools" }));
  await page.waitForURL(/\/tools/);
  await focusIn(page.getByRole("main"));
});

longTest("the focus does not move when an element that the user has already left disappears", async () => {
  const page = await visit();
  const card = await connectDemoTools(page);
  const disconnect = card.getByRole("button", { name: "Disconnect" });
  await disconnect.focus();
  await page.getByRole("heading", { level: 1 }).click();
  const main = page.getByRole("main");
  await focusIn(main);
  await disconnect.evaluate((button: HTMLElement) => button.click());
  await card.getByText("Disconnected").waitFor();
  await page.waitForTimeout(100);
  expect(await isFocused(main)).toBe(true);
});

/** Records every text that a live region is given from now on. */
async function recordSpoken(page: Page, role: "status" | "alert"): Promise<() => Promise<string[]>> {
  await page.evaluate((wanted) => {
    const spoken: string[] = [];
    Object.assign(globalThis, { spoken });
    const region = document.querySelector(`[role="${wanted}"].sr-only`);
    if (!region) throw new Error("There is no live region");
    new MutationObserver((records) => {
      for (const { addedNodes } of records) for (const { textContent } of addedNodes) spoken.push(textContent ?? "");
    }).observe(region, { childList: true });
  }, role);
  return () => page.evaluate(() => (globalThis as unknown as { spoken: string[] }).spoken);
}

longTest("a repeated error is announced every time", async () => {
  const page = await visit();
  const spoken = await recordSpoken(page, "alert");
  const address = page.getByRole("textbox", { name: /address/i });
  const said = /^no-such-host\.invalid: failed\. no-such-host\.invalid cannot be reached/;
  for (const time of [1, 2, 3]) {
    await address.fill("http://no-such-host.invalid/mcp");
    await address.press("Enter");
    await expect.poll(spoken).toHaveLength(time);
  }
  for (const text of await spoken()) expect(text).toMatch(said);
});

test("the outcome of a tool call is announced", async () => {
  const page = await visit();
  const card = await connectDemoTools(page);
  await card.getByRole("link", { name: "Open tools" }).click();
  await page.getByRole("button", { name: /^run/i }).click();
  await page
    .getByRole("status")
    // Everything within half a second is announced together.
    .getByText(/Add: answered after \d+ ms/)
    .waitFor();
  await page.getByLabel(/arguments/i).fill("{}");
  await page.getByRole("button", { name: /^run/i }).click();
  await page.getByRole("status").getByText("Add: the tool reported an error").waitFor();
});
