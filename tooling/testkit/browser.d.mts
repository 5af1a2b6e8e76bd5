import type { Browser, BrowserServer } from "playwright-core";

export const launchArgs: string[];

/**
 * The path of a Chromium: CHROMIUM_PATH, or an installed one, or the system's package, which it installs as root.
 * Throws an error of one line that says what to do.
 */
export function findChromium(options?: { log?: (message: string) => void }): string;

/** A headless Chromium with the popup blocker on. */
export function launchChromium(): Promise<Browser>;

/** The same, for any process that connects to it. */
export function startChromium(): Promise<BrowserServer>;
