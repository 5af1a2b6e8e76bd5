import { startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { longTest, looks, openPage } from "./browser";
import { checkEveryLook } from "./every-look";
import { type App, startApp } from "./harness";
import { allow, cardOf, demoCard, openConsent } from "./person";

let app: App;
/** A second "Demo notes", whose pages cut the link to the window that opened them. */
let apart: Awaited<ReturnType<typeof startOauthServer>>;

beforeAll(async () => {
  apart = await startOauthServer({ partsFromOpener: true });
  const env = { MCP_ALLOW_HOSTS: apart.hosts.join(","), DEMO_RECORD_REQUESTS: "1" };
  app = await startApp({ env });
});
afterAll(async () => {
  await app?.stop();
  await apart?.close();
});

async function visit() {
  const opened = await openPage();
  onTestFinished(() => opened.context.close());
  await opened.page.goto(app.url);
  await opened.page.getByText("Live", { exact: true }).waitFor();
  return opened;
}

/** The same user in another browser, with the account but nothing else that the first browser stores. */
async function inAnotherBrowser(context: BrowserContext) {
  const opened = await openPage();
  onTestFinished(() => opened.context.close());
  const cookies = await context.cookies(app.url);
  await opened.context.addCookies(cookies.filter(({ name }) => name === "mcp_guest"));
  await opened.page.goto(app.url);
  await opened.page.getByText("Live", { exact: true }).waitFor();
  return opened;
}

const connectNotes = (page: Page) => demoCard(page, "Demo notes").getByRole("button", { name: "Connect" }).click();
const notes = (page: Page) => cardOf(page, "Demo notes");
const signInAgain = (page: Page) => notes(page).getByRole("link", { name: "Open sign-in again" }).click();

async function signIns(): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${app.ports.oauth}/__requests`);
  const recorded: { grantType?: string }[] = await response.json();
  return recorded.filter(({ grantType }) => grantType === "authorization_code").length;
}

const windowLooks = [
  { colorScheme: "dark", width: 390 },
  { colorScheme: "dark", width: 560 },
  { colorScheme: "light", width: 560 },
] as const;

/** Checks a window's page in both colour schemes and on a narrow screen. */
const look = (page: Page, name: string) =>
  checkEveryLook(page, name, looks.length > 1 ? windowLooks : windowLooks.slice(0, 1));

test("sim#5767, SuperAgent#328: after a sign-in page that cuts the link to its opener, the window closes and the server is connected within two seconds", async () => {
  const { page, context, consoleErrors } = await visit();
  await page.getByRole("textbox", { name: /address/i }).fill(apart.url);
  await page.getByRole("textbox", { name: /name/i }).fill("Apart");
  const popup = await openConsent(context, () => page.getByRole("button", { name: "Connect" }).first().click());
  expect(await popup.evaluate(() => window.opener)).toBeNull();
  const answered = context.waitForEvent("response", (response) => response.url().includes("/auth/issuer/"));
  const closed = popup.waitForEvent("close");
  await popup.getByRole("button", { name: "Allow" }).click();
  await answered;
  const since = performance.now();
  await cardOf(page, "Apart").getByText("Connected · 3 tools").waitFor();
  expect(performance.now() - since).toBeLessThan(2_000);
  await closed;
  expect(consoleErrors).toEqual([]);
});

describe("when a user signs in to one connection from two places at once, the first sign-in counts and the other says so", () => {
  test("two tabs", () => signInFromTwo("two tabs"));
  longTest("two browsers", () => signInFromTwo("two browsers"));

  async function signInFromTwo(places: "two tabs" | "two browsers"): Promise<void> {
    const first = await visit();
    const popup = await openConsent(first.context, () => connectNotes(first.page));
    const second =
      places === "two browsers"
        ? await inAnotherBrowser(first.context)
        : { ...first, page: await first.context.newPage() };
    if (places === "two tabs") await second.page.goto(app.url);
    const other = await openConsent(second.context, () => signInAgain(second.page));
    const before = await signIns();
    await allow(other);
    for (const { page } of [first, second]) await notes(page).getByText("Connected · 3 tools").waitFor();
    await popup.getByRole("button", { name: "Allow" }).click();
    await popup.getByRole("heading", { name: "You signed in from another window" }).waitFor();
    if (places === "two tabs") await look(popup, "signed-in-from-another-window");
    await popup.reload();
    await popup.getByRole("heading", { name: "You signed in from another window" }).waitFor();
    for (const { page } of [first, second]) await notes(page).getByText("Connected · 3 tools").waitFor();
    expect(await signIns()).toBe(before + 1);
  }
});

describe("a consent page finished after its sign-in ended says what happened, and the app's page is right without a reload", () => {
  test("the sign-in was cancelled in another tab", async () => {
    const { page, context } = await visit();
    const popup = await openConsent(context, () => connectNotes(page));
    const other = await context.newPage();
    await other.goto(app.url);
    await notes(other).getByRole("button", { name: "Cancel" }).click();
    await notes(page).getByText("You cancelled it").waitFor();
    await popup.getByRole("button", { name: "Allow" }).click();
    await popup.getByRole("heading", { name: "This sign-in cannot be completed" }).waitFor();
    await popup.getByText("You cancelled it.").waitFor();
    await look(popup, "sign-in-cancelled");
    await notes(page).getByText("Disconnected").waitFor();
    // The page offers a way to continue, and it works.
    const closed = popup.waitForEvent("close");
    await popup.getByRole("link", { name: "Sign in again" }).click();
    await Promise.race([closed, popup.getByRole("button", { name: "Allow" }).click()]);
    await closed;
    await notes(page).getByText("Connected · 3 tools").waitFor();
  });

  longTest("the user signed out during a second sign-in", async () => {
    const { page, context } = await visit();
    await allow(await openConsent(context, () => connectNotes(page)));
    await notes(page).getByText("Connected · 3 tools").waitFor();
    const sessionId = (await notes(page).getAttribute("id"))?.replace("connection-", "") ?? "";
    const { page: phone } = await inAnotherBrowser(context);
    await phone.goto(`${app.url}/api/mcp/auth/start?session=${encodeURIComponent(sessionId)}`);
    await phone.getByRole("button", { name: "Allow" }).waitFor();
    await notes(page)
      .getByRole("button", { name: /^Sign out/ })
      .click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Sign out" }).click();
    await notes(page).getByText("You signed out").waitFor();
    await phone.getByRole("button", { name: "Allow" }).click();
    await phone.getByText("You signed out.").waitFor();
    await notes(page).getByRole("button", { name: "Connect" }).waitFor();
  });

  longTest("the connection was removed", async () => {
    const { page, context } = await visit();
    const popup = await openConsent(context, () => connectNotes(page));
    const other = await context.newPage();
    await other.goto(app.url);
    await notes(other).getByRole("button", { name: "Cancel" }).click();
    await notes(other)
      .getByRole("button", { name: /^Remove/ })
      .click();
    await other.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
    await notes(page).waitFor({ state: "detached" });
    await popup.getByRole("button", { name: "Allow" }).click();
    await popup.getByRole("heading", { name: "This connection was removed" }).waitFor();
    await look(popup, "connection-removed");
    expect(await page.getByRole("article").count()).toBe(0);
  });
});

describe("DocsGPT#2464, kandev#2805, OmniRoute#4372, eliza#22573: a hostile page that opens the sign-in window", () => {
  /** Starts another site's page. On a click it opens the URL in its hash, listens, and sends forged messages. */
  async function startHostilePage() {
    const server = await startLoopbackServer((_request, response) => {
      response.writeHead(200, { "content-type": "text/html" }).end(`<!doctype html><title>Win a prize</title>
<button>Claim</button>
<script>
const seen = [];
addEventListener("message", ({ origin, data }) => seen.push({ origin, data }));
for (const name of ["mcp", "mcp-oauth", "mcp-sign-in", "oauth"]) new BroadcastChannel(name).onmessage = ({ data }) => seen.push({ data });
let opened;
document.querySelector("button").onclick = () => {
  opened = open(decodeURIComponent(location.hash.slice(1)), "mcp-sign-in");
  setInterval(() => {
    try { const { href } = opened.location; if (href !== "about:blank") seen.push({ href }); } catch {}
    for (const data of ["done", { type: "mcp-auth", status: "connected", code: "forged", state: "forged" }]) {
      try { opened.postMessage(data, "*"); } catch {}
    }
  }, 20);
};
</script>`);
    });
    onTestFinished(server.close);
    // Under this name it is a different site from the app, which is at 127.0.0.1.
    return { origin: server.origin.replace("127.0.0.1", "localhost"), seen: (page: Page) => page.evaluate("seen") };
  }

  test("learns nothing of a complete sign-in, nor of the pages that a callback can end on", async () => {
    const { page, context } = await visit();
    const popup = await openConsent(context, () => connectNotes(page));
    const sessionId = (await notes(page).getAttribute("id"))?.replace("connection-", "") ?? "";
    await popup.close();
    const hostile = await startHostilePage();
    const start = `${app.url}/api/mcp/auth/start?session=${encodeURIComponent(sessionId)}`;
    const callback = `${app.url}/api/mcp/auth/callback?state=forged&code=forged`;

    for (const [opens, ends] of [
      [start, "Sign in to Demo notes?"],
      [callback, "This sign-in cannot be completed"],
      [`${callback}&error=access_denied`, "This sign-in cannot be completed"],
    ] as const) {
      const lure = await context.newPage();
      await lure.goto(`${hostile.origin}/#${encodeURIComponent(opens)}`);
      const [window] = await Promise.all([context.waitForEvent("page"), lure.getByRole("button").click()]);
      await window.getByRole("heading", { name: ends }).waitFor();
      expect(await window.evaluate(() => window.opener !== null)).toBe(true);
      if (opens === start) {
        await look(window, "visit-from-another-site");
        await window.getByRole("link", { name: "Continue" }).click();
        await allow(window);
        await notes(page).getByText("Connected · 3 tools").waitFor();
      }
      await lure.waitForTimeout(300);
      expect(await hostile.seen(lure)).toEqual([]);
      await lure.close();
    }
  });

  longTest("changes nothing in the app with forged messages", async () => {
    const { page, context } = await visit();
    await openConsent(context, () => connectNotes(page));
    const hostile = await startHostilePage();
    const lure = await context.newPage();
    await lure.goto(`${hostile.origin}/#${encodeURIComponent(app.url)}`);
    const [window] = await Promise.all([context.waitForEvent("page"), lure.getByRole("button").click()]);
    await notes(window).getByText("Waiting for sign-in").waitFor();
    await window.waitForTimeout(500);
    for (const open of [page, window]) await notes(open).getByText("Waiting for sign-in").waitFor();
    expect(await hostile.seen(lure)).toEqual([]);
  });
});

test("CVE-2026-27124, GHSA-rww4-4w9c-7733: another site's links, frames and images cannot start a sign-in", async () => {
  const { page, context } = await visit();
  const popup = await openConsent(context, () => connectNotes(page));
  const sessionId = (await notes(page).getAttribute("id"))?.replace("connection-", "") ?? "";
  await popup.close();
  const start = `${app.url}/api/mcp/auth/start?session=${encodeURIComponent(sessionId)}`;
  const server = await startLoopbackServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/html" });
    response.end(`<iframe src="${start}"></iframe><img src="${start}"><a href="${start}">Free tickets</a>`);
  });
  onTestFinished(server.close);
  const lure = await context.newPage();
  const asked: string[] = [];
  lure.on("request", (request) => asked.push(request.url()));
  await lure.goto(server.origin.replace("127.0.0.1", "localhost"));
  await lure.getByRole("link", { name: "Free tickets" }).click();
  await lure.getByRole("heading", { name: "Sign in to Demo notes?" }).waitFor();
  expect(asked.filter((url) => url.includes("code_challenge="))).toEqual([]);
  expect((await context.cookies(app.url)).filter(({ name }) => name.startsWith("mcp_attempt_"))).toHaveLength(1);
});

test("a sign-in whose window is blocked can continue in the same tab and return to the same page", async () => {
  const { page } = await visit();
  await page.goto(`${app.url}/connections?from=here`);
  await page.getByText("Live", { exact: true }).waitFor();
  await page.evaluate(() => {
    window.open = () => null;
  });
  await connectNotes(page);
  const here = notes(page).getByRole("link", { name: "Continue in this tab" });
  await here.waitFor();
  await checkEveryLook(page, "blocked-window");
  await here.click();
  await page.getByRole("button", { name: "Allow" }).click();
  await page.getByRole("heading", { name: "Connected to Demo notes" }).waitFor();
  await page.waitForURL(`${app.url}/connections?from=here`);
  await notes(page).getByText("Connected · 3 tools").waitFor();
});
