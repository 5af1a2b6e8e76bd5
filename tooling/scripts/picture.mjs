// `pnpm picture`: starts the app as `pnpm start` does, connects the demo servers in a real browser, and writes the
// README's picture of the connections page. PORT sets the addresses in the picture.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { launchChromium } from "@mcp-assistant/testkit/browser";
import { startProcess } from "@mcp-assistant/testkit/processes";
import { root } from "./workspace.mjs";

const path = join(root, "docs/images/connections.png");

async function takePicture(url) {
  const browser = await launchChromium();
  try {
    const viewport = { width: 1280, height: 876 };
    const context = await browser.newContext({ colorScheme: "light", viewport, locale: "en-GB" });
    const page = await context.newPage();
    await page.goto(url);
    const demo = (name) => page.getByRole("listitem").filter({ has: page.getByRole("heading", { name, exact: true }) });
    const connection = (name) => page.getByRole("article", { name, exact: true });

    await demo("Demo tools").getByRole("button", { name: "Connect" }).click();
    await connection("Demo tools").getByText("Connected").first().waitFor();

    const signIn = context.waitForEvent("page");
    await demo("Demo notes").getByRole("button", { name: "Connect" }).click();
    await (await signIn).getByRole("button", { name: "Allow" }).waitFor();
    await connection("Demo notes").getByText("Waiting for sign-in").first().waitFor();

    await page.bringToFront();
    await sleep(5_000); // so that the page does not count from zero
    await page.screenshot({ path, animations: "disabled" });
  } finally {
    await browser.close();
  }
}

const app = await startProcess({
  command: process.execPath,
  args: [join(import.meta.dirname, "start.mjs"), ...process.argv.slice(2)],
  env: { REDIS_URL: undefined },
  readyLine: /^ {2}Open http/,
  readyTimeoutMs: 300_000,
});
try {
  await takePicture(app.line.trim().replace("Open ", ""));
  console.log(`Written: ${path}`);
} finally {
  await app.stop();
}
