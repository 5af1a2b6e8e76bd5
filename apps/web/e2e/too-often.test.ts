import { mkdirSync } from "node:fs";
import { launchChromium } from "@mcp-assistant/testkit/browser";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type App, axeViolations, openPage, scrollsSideways, startApp } from "./harness";
import { cardOf, demoCard, openConsent } from "./person";

let app: App;
let browser: Browser;

beforeAll(async () => {
  [app, browser] = await Promise.all([startApp(), launchChromium()]);
});
afterAll(async () => {
  await browser?.close();
  await app?.stop();
});

const screenshots = new URL("../test-results/", import.meta.url).pathname;

/** What a script in the page does that tries 65 addresses at once. Answers the statuses. */
function tryAddresses(page: Page): Promise<number[]> {
  return page.evaluate(() =>
    Promise.all(
      Array.from({ length: 65 }, async (_, index) => {
        const response = await fetch("/api/mcp/trpc/mcp.connections.connect", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ serverUrl: `http://127.0.0.1:${index + 1}/mcp` }),
        });
        return response.status;
      }),
    ),
  );
}

const looks = [
  { colorScheme: "light", width: 390 },
  { colorScheme: "dark", width: 390 },
] as const;

async function open(look: (typeof looks)[number]) {
  mkdirSync(screenshots, { recursive: true });
  const { page, context } = await openPage(browser, look);
  onTestFinished(() => context.close());
  await page.goto(app.url);
  await page.getByText("Live", { exact: true }).waitFor();
  const check = async (name: string) => {
    await page.screenshot({ path: `${screenshots}${name}-${look.colorScheme}-${look.width}.png`, fullPage: true });
    expect(await axeViolations(page), name).toEqual([]);
    expect(await scrollsSideways(page), name).toBe(false);
  };
  return { page, context, check };
}

test.each(looks)("who connects too often is told when to try again, and others go on: $colorScheme", async (look) => {
  const { page, check } = await open(look);
  const statuses = await tryAddresses(page);
  expect(statuses.filter((status) => status === 400).length).toBeGreaterThanOrEqual(60);
  const address = page.getByRole("textbox", { name: /address|url/i });
  const told = page.getByText("Too many connects: this app allows 60 a minute", { exact: true });
  // One goes each second: of two within it, the second is refused.
  await expect
    .poll(
      async () => {
        await address.fill("http://127.0.0.1:1/mcp");
        await address.press("Enter");
        await page
          .getByText(/not a public address|Too many connects/i)
          .first()
          .waitFor();
        return told.first().isVisible();
      },
      { timeout: 20_000 },
    )
    .toBe(true);
  await page.getByText("Try again in 1 s.", { exact: true }).first().waitFor();
  await check("too-many-connects");

  const other = await open(look);
  await demoCard(other.page, "Demo toolbox").getByRole("button", { name: "Connect" }).click();
  await cardOf(other.page, "Demo toolbox").getByText("Connected", { exact: true }).waitFor();
});

test.each(looks)("who begins too many sign-ins is told so on a page: $colorScheme", async (look) => {
  const { page, context, check } = await open(look);
  const connect = () => demoCard(page, "Demo notes").getByRole("button", { name: "Connect" }).click();
  const popup = await openConsent(context, connect);
  await popup.close();
  const link = await cardOf(page, "Demo notes")
    .getByRole("link", { name: /Sign in/ })
    .getAttribute("href");
  const start = new URL(link ?? "", app.url).href;
  await page.evaluate(
    (url) => Promise.all(Array.from({ length: 25 }, () => fetch(url, { redirect: "manual" }))),
    start,
  );
  await expect.poll(async () => (await page.goto(start))?.status(), { timeout: 20_000 }).toBe(429);
  await page.getByRole("heading", { name: "Too many sign-ins: this app allows 20 a minute" }).waitFor();
  await page.getByText(/^Try again in [123] s\.$/).waitFor();
  await check("too-many-sign-ins");
  await page.waitForTimeout(3_000);
  await page.getByRole("link", { name: "Try again" }).click();
  await page.getByRole("button", { name: "Allow" }).waitFor();
});
