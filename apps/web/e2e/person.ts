import type { BrowserContext, Page } from "playwright-core";

/** A connection's card on the page, by its server's name. */
export const cardOf = (page: Page, name: string) => page.getByRole("article", { name, exact: true });

/** A demo server's card, by its name. */
export const demoCard = (page: Page, name: string) =>
  page.getByRole("listitem").filter({ has: page.getByRole("heading", { level: 3, name, exact: true }) });

/** Clicks, and waits until the sign-in window that opens shows the consent page. */
export async function openConsent(context: BrowserContext, click: () => Promise<void>): Promise<Page> {
  const [popup] = await Promise.all([context.waitForEvent("page"), click()]);
  await popup.getByRole("button", { name: "Allow" }).waitFor();
  return popup;
}

/** Allows access on the consent page, and waits until its window has closed itself. */
export async function allow(popup: Page): Promise<void> {
  const closed = popup.waitForEvent("close");
  await popup.getByRole("button", { name: "Allow" }).click();
  await closed;
}

/** Connects Demo tools, which needs no sign-in, and opens its page. `view`: what to show of it, such as `Resources`. */
export async function openDemoTools(page: Page, url: string, view: string): Promise<void> {
  await page.goto(url);
  await demoCard(page, "Demo tools").getByRole("button", { name: "Connect" }).click();
  const card = cardOf(page, "Demo tools");
  await card.getByText("Connected · 4 tools").waitFor();
  await card.getByRole("link", { name: "Open tools" }).click();
  await page.getByRole("navigation", { name: "This connection" }).getByRole("link", { name: view }).click();
  await page.waitForURL(`**/${view.toLowerCase()}`);
}

/** The id of the session whose tools page is opening. */
export async function openedSession(page: Page): Promise<string> {
  await page.waitForURL(/\/connections\/[^/]+\/tools/);
  return decodeURIComponent(new URL(page.url()).pathname.split("/")[2] ?? "");
}
