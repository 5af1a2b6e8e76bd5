import type { BrowserServer } from "playwright-core";

export const launchArgs: string[];

/** Path of a Chromium: CHROMIUM_PATH, else an installed one, else the system's package, installed as root. Throws with one line that says what to do. */
export function findChromium(options?: { log?: (message: string) => void }): string;

/** A headless Chromium with the popup blocker on, which any process may connect to. */
export function startChromium(): Promise<BrowserServer>;
