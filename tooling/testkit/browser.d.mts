import type { Browser, LaunchOptions } from "playwright-core";

export const launchArgs: string[];

/** Path of a Chromium: CHROMIUM_PATH, else an installed one, else the system's package, installed as root. Throws with one line that says what to do. */
export function findChromium(options?: { log?: (message: string) => void }): string;

/** A headless Chromium with the popup blocker on. */
export function launchChromium(options?: LaunchOptions): Promise<Browser>;
