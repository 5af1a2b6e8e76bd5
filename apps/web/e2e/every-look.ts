import { mkdirSync } from "node:fs";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { type Look, looks } from "./browser";
import { axeViolations, scrollsSideways } from "./harness";

const screenshots = new URL("../test-results/", import.meta.url).pathname;

/** The narrowest screen (CSS pixels) that pages must fit (WCAG 2.2, 1.4.10). */
const narrowest = 320;

/**
 * Checks the page as it is now in every look of the run: what axe-core reports, whether it scrolls sideways, and a
 * screenshot for people. Leaves it in the first look.
 */
export async function checkEveryLook(page: Page, name: string, among: readonly Look[] = looks): Promise<void> {
  mkdirSync(screenshots, { recursive: true });
  for (const look of among) {
    await dress(page, look);
    const shown = `${name}-${look.colorScheme}-${look.width}`;
    await page.screenshot({ path: `${screenshots}${shown}.png`, fullPage: true });
    expect(await axeViolations(page), shown).toEqual([]);
    expect(await scrollsSideways(page), shown).toBe(false);
    if (look.width >= 400) continue;
    await dress(page, { ...look, width: narrowest });
    expect(await scrollsSideways(page), `${name} at ${narrowest} px`).toBe(false);
  }
  const [first] = among;
  if (first) await dress(page, first);
}

/** Changes the look of an open page, and waits until it is drawn. */
async function dress(page: Page, { colorScheme, width }: Look): Promise<void> {
  // Without motion, so that no colour is on its way to another one.
  await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
  await page.setViewportSize({ width, height: width < 600 ? 844 : 800 });
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}
