import { type BrowserContext, chromium, type Page } from "playwright-core";
import { inject, test } from "vitest";
import type {} from "./provided-context";

/** The browser of the whole run. What a file opens in it ends with the file: see fresh-browser.ts. */
export const browser = await chromium.connect(inject("browserEndpoint"));

/** How a page can look: in the browser's colour scheme, at a width in CSS pixels. */
export interface Look {
  colorScheme: "light" | "dark";
  width: number;
}

/** The looks of this run: see `checkEveryLook`. */
export const looks: readonly Look[] = inject("looks");

/** Whether this is `pnpm test:full`. */
const isFull = looks.length > 1;

/**
 * A test that runs only in `pnpm test:full`, because it takes long or repeats another test in one more way. If a whole
 * file is like this, name it `*.long.test.ts` instead.
 */
export function longTest(name: string, body: () => Promise<void>): void {
  if (isFull) test(name, body);
}

export interface OpenPage {
  page: Page;
  context: BrowserContext;
  /** Errors on the console and uncaught ones, of this page and of the windows it has opened. */
  consoleErrors: string[];
}

/** A page in a browser context, and so with cookies, of its own. `width` in CSS pixels. */
export async function openPage({ colorScheme = "light", width = 1280 }: Partial<Look> = {}): Promise<OpenPage> {
  const context = await browser.newContext({ colorScheme, viewport: { width, height: width < 600 ? 844 : 800 } });
  const consoleErrors: string[] = [];
  context.on("console", (message) => {
    if (message.type() === "error") consoleErrors.push(`${message.text()} (${message.location().url})`);
  });
  context.on("weberror", (error) => consoleErrors.push(String(error.error())));
  return { page: await context.newPage(), context, consoleErrors };
}
