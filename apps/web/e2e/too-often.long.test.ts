import { refusingOrigin } from "@mcp-assistant/testing/servers";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { openPage } from "./browser";
import { checkEveryLook } from "./every-look";
import { type App, startApp } from "./harness";
import { demoCard, openConsent } from "./person";

let app: App;
/** An address that is allowed but refuses connections. Only addresses that are dialled count. */
let refusing: Awaited<ReturnType<typeof refusingOrigin>>;

beforeAll(async () => {
  refusing = await refusingOrigin();
  const env = { MCP_ALLOW_HOSTS: refusing.host };
  app = await startApp({ env });
});
afterAll(async () => {
  await app?.stop();
});

const connectPath = "/api/mcp/trpc/mcp.connections.connect";

/** Tries one address after another from a script in the page. The returned function ends it and gives the statuses. */
async function tryAddresses(page: Page): Promise<() => Promise<number[]>> {
  const trying = await page.evaluateHandle(
    ({ path, origin }) => {
      const answers: Promise<number>[] = [];
      let open = 0;
      const timer = setInterval(() => {
        // A browser opens six connections to an app. More requests would wait in line, and the user's own behind them.
        if (open >= 4) return;
        open += 1;
        const body = JSON.stringify({ serverUrl: `${origin}/mcp/${answers.length}` });
        const headers = { "content-type": "application/json" };
        const answered = fetch(path, { method: "POST", headers, body });
        answers.push(answered.then(({ status }) => status).finally(() => (open -= 1)));
      }, 15);
      return {
        end: () => {
          clearInterval(timer);
          return Promise.all(answers);
        },
      };
    },
    { path: connectPath, origin: refusing.origin },
  );
  return () => trying.evaluate(({ end }) => end());
}

async function open() {
  const { page, context } = await openPage();
  onTestFinished(() => context.close());
  await page.goto(app.url);
  await page.getByText("Live", { exact: true }).waitFor();
  return { page, context };
}

test("a user who connects too often sees when to try again, and other users are not affected", async () => {
  const { page } = await open();
  const end = await tryAddresses(page);
  const wanted = `${refusing.origin}/wanted`;
  const address = page.getByRole("textbox", { name: /address|url/i });
  // One attempt per second is allowed, and this may be it. Then the next one is refused.
  await expect
    .poll(
      async () => {
        await address.fill(wanted);
        const answered = page.waitForResponse((response) => response.request().postData()?.includes(wanted) ?? false);
        await address.press("Enter");
        return (await answered).status();
      },
      { timeout: 60_000 },
    )
    .toBe(429);
  const statuses = await end();
  expect(statuses).toContain(429);
  const form = page.locator("form");
  await form.getByText("Too many attempts to connect: this app allows 60 a minute").waitFor();
  await form.getByText("Try again in 1 second.").waitFor();
  // The address itself is fine and can be submitted again unchanged.
  expect(await address.getAttribute("aria-invalid")).toBe("false");
  expect(await address.inputValue()).toBe(wanted);
  await checkEveryLook(page, "too-many-connects");
  await address.press("End");
  await address.press("x");
  await expect.poll(() => form.getByText("Too many attempts to connect").count()).toBe(0);

  const other = await open();
  await demoCard(other.page, "Demo tools").getByRole("button", { name: "Connect" }).click();
  await demoCard(other.page, "Demo tools").getByRole("link", { name: "Open tools" }).first().waitFor();
});

test("a user who starts too many sign-ins gets a page that says so", async () => {
  const { page, context } = await open();
  const connect = () => demoCard(page, "Demo notes").getByRole("button", { name: "Connect" }).click();
  const popup = await openConsent(context, connect);
  await popup.close();
  const start = await page.evaluate(async () => {
    const listed = await (await fetch("/api/mcp/trpc/mcp.connections.list")).json();
    return String(listed.result.data[0].authUrl);
  });
  await page.evaluate(
    (url) => Promise.all(Array.from({ length: 25 }, () => fetch(url, { redirect: "manual" }))),
    start,
  );
  await expect.poll(async () => (await page.goto(start))?.status(), { timeout: 20_000 }).toBe(429);
  await page.getByRole("heading", { name: "Too many sign-ins: this app allows 20 a minute" }).waitFor();
  await page.getByText(/^Try again in [123] seconds?\.$/).waitFor();
  await checkEveryLook(page, "too-many-sign-ins");
  await page.waitForTimeout(3_000);
  await page.getByRole("link", { name: "Try again" }).click();
  await page.getByRole("button", { name: "Allow" }).waitFor();
});
