import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import { canInstall, install, which } from "./debian.mjs";

export const launchArgs = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
  "--font-render-hinting=none",
];

// The headless shell is Chromium without the parts that only people see, and takes about half the processor time.
const commands = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const macApplications = [
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

const installedChromium = () =>
  commands.map(which).find(Boolean) ?? macApplications.find((application) => existsSync(application));

export function findChromium({ log = console.error } = {}) {
  const configured = process.env.CHROMIUM_PATH;
  if (configured) {
    if (existsSync(configured)) return configured;
    throw new Error(`No browser: CHROMIUM_PATH names ${configured}, which does not exist.`);
  }
  const found = installedChromium();
  if (found) return found;
  if (canInstall()) {
    log("Chromium is not installed: installing the system's package (about 110 MB, once)…");
    install(["chromium-headless-shell", "fonts-dejavu-core", "fonts-noto-color-emoji"]);
  }
  const installed = installedChromium();
  if (installed) return installed;
  throw new Error("No browser: install Chromium (Debian: apt-get install chromium), or set CHROMIUM_PATH to one.");
}

const launchOptions = () => ({
  executablePath: findChromium(),
  args: launchArgs,
  // Playwright turns the popup blocker off; people have it on.
  ignoreDefaultArgs: ["--disable-popup-blocking"],
});

export const launchChromium = () => chromium.launch(launchOptions());

export const startChromium = () => chromium.launchServer(launchOptions());
