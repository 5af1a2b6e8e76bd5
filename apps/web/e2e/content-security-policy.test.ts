import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import type { BrowserContext, Page } from "playwright-core";
import { expect, inject, onTestFinished, test } from "vitest";
import { looks, openPage } from "./browser";
import { allow, cardOf, demoCard, openConsent, openedSession } from "./person";

const app = inject("app");

/** Collects the policy violations of the app's pages, in any window. */
async function watchViolations(context: BrowserContext): Promise<string[]> {
  const violations: string[] = [];
  await context.exposeBinding("violated", ({ page }, what: string) => {
    if (page.url().startsWith(app.url)) violations.push(`${what} on ${page.url()}`);
  });
  await context.addInitScript(() => {
    const { violated } = globalThis as unknown as { violated: (what: string) => void };
    // Listen on the window: a refused eval is only reported there.
    addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI, sample, sourceFile }) => {
      violated(`${effectiveDirective} ${blockedURI} ${sample} (${sourceFile})`);
    });
  });
  return violations;
}

test("connecting, signing in, calling a tool and removing cause no violation", async () => {
  const { page, context, consoleErrors } = await openPage();
  onTestFinished(() => context.close());
  const violations = await watchViolations(context);
  await page.goto(app.url);
  await page.getByText("Live", { exact: true }).waitFor();
  const connect = () => demoCard(page, "Demo notes").getByRole("button", { name: "Connect" }).click();
  await allow(await openConsent(context, connect));
  const card = cardOf(page, "Demo notes");
  await card.getByText("Connected · 3 tools").waitFor();

  await card.getByRole("link", { name: "Open tools" }).click();
  await openedSession(page);
  await page
    .getByRole("link", { name: /search_notes/ })
    .first()
    .click();
  await page.getByLabel(/arguments/i).fill('{"query":""}');
  await page.getByRole("button", { name: /^run/i }).click();
  await page.getByRole("button", { name: /^run/i }).waitFor();
  for (const { colorScheme } of looks) {
    await page.emulateMedia({ colorScheme });
    await page.reload();
    await page.getByText("Live", { exact: true }).waitFor();
  }

  await page.getByRole("link", { name: "Events", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "Events" }).waitFor();
  for (const theme of ["Dark", "Light", "System"]) await page.getByRole("radio", { name: theme }).click();
  await page.goto(`${app.url}/no/such/page`);
  await page.getByRole("link", { name: "Go to your connections" }).click();
  await card.getByRole("button", { name: "Remove Demo notes" }).click();
  const dialog = page.getByRole("alertdialog");
  await dialog.waitFor();
  // The policy allowed the style that stops the page from scrolling.
  expect(await page.evaluate(() => getComputedStyle(document.body).overflow)).toContain("hidden");
  await dialog.getByRole("button", { name: "Remove" }).click();
  await card.waitFor({ state: "detached" });
  expect(violations).toEqual([]);
  // The browser itself reports the missing page.
  expect(consoleErrors.filter((line) => !line.includes("/no/such/page"))).toEqual([]);
});

/** Serves the page with an attacker's markup added at the end. */
async function withMarkup(page: Page, markup: string): Promise<void> {
  await page.route(`${app.url}/connections`, async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replace("</body>", `${markup}</body>`);
    await route.fulfill({ response, body });
  });
}

test("injected markup runs nothing and leads nowhere", async () => {
  const { page, context } = await openPage();
  onTestFinished(() => context.close());
  const violations = await watchViolations(context);
  await withMarkup(
    page,
    `<script>window.ran = "a script"</script>
     <script src="data:text/javascript,window.ran='a script from an address'"></script>
     <script nonce="guessed">window.ran = "a nonce"</script>
     <img src="x:" onerror="window.ran = 'a handler'">
     <svg onload="window.ran = 'a picture'"></svg>
     <a id="trap" href="javascript:window.ran='a link'">x</a>
     <object data="data:text/html,x"></object><iframe src="data:text/html,x"></iframe>
     <style>body { outline: 7px solid red }</style>
     <form id="away" action="https://evil.example/"><input name="a" value="b"></form>`,
  );
  await page.goto(`${app.url}/connections`);
  await page.getByText("Live", { exact: true }).waitFor();
  const outcome = await page.evaluate(async () => {
    document.querySelector<HTMLElement>("#trap")?.click();
    document.head.append(Object.assign(document.createElement("base"), { href: "https://evil.example/" }));
    document.querySelector<HTMLFormElement>("#away")?.submit();
    document.body.append(Object.assign(document.createElement("script"), { textContent: "window.ran = 'an element'" }));
    // Run it in a separate task: code that Playwright evaluates may be allowed more than the page.
    const evaluated = await new Promise((resolve) =>
      setTimeout(() => {
        try {
          // biome-ignore lint/security/noGlobalEval: the test asks whether it runs
          resolve(globalThis.eval("'ran'"));
        } catch (error) {
          resolve(error instanceof Error ? error.name : error);
        }
      }),
    );
    const outline = getComputedStyle(document.body).outlineWidth;
    return { ran: Reflect.get(globalThis, "ran") ?? "nothing", evaluated, base: document.baseURI, outline };
  });
  expect(outcome).toMatchObject({ ran: "nothing", evaluated: "EvalError", base: `${app.url}/connections` });
  expect(outcome.outline).not.toBe("7px");
  expect(page.url()).toBe(`${app.url}/connections`);
  // Each violation is reported in its own task.
  const refused = () => new Set(violations.map((violation) => violation.split(" ")[0]));
  const directives = ["script-src-elem", "script-src-attr", "script-src", "style-src-elem", "base-uri", "form-action"];
  await expect.poll(() => directives.filter((directive) => !refused().has(directive))).toEqual([]);
});

test("each response has its own nonce, and a client cannot choose it", async () => {
  const policyOf = async (headers: Record<string, string> = {}) =>
    (await fetch(`${app.url}/connections`, { headers })).headers.get("content-security-policy") ?? "";
  const policies = await Promise.all([policyOf(), policyOf(), policyOf({ "x-nonce": "chosen" })]);
  expect(new Set(policies).size).toBe(3);
  const chosen = { "x-nonce": "chosen", "content-security-policy": "script-src 'nonce-chosen'" };
  const answer = await fetch(`${app.url}/connections`, { headers: chosen });
  expect(answer.headers.get("content-security-policy")).not.toContain("chosen");
  expect(await answer.text()).not.toContain("chosen");
});

test("the chosen theme is applied before React loads, so that nothing flashes", async () => {
  const { page, context } = await openPage({ colorScheme: "light" });
  onTestFinished(() => context.close());
  await page.goto(app.url);
  await page.getByRole("radio", { name: "Dark" }).click();
  await context.route("**/_next/static/**/*.js", (route) => route.abort());
  await page.goto(app.url);
  expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe("dark");
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe("dark");
});

test("no page of the app can be framed by another site", async () => {
  const html = ["connections", "api/mcp/auth/start"].map((path) => `<iframe src="${app.url}/${path}"></iframe>`);
  const hostile = await startLoopbackServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/html" }).end(html.join(""));
  });
  onTestFinished(hostile.close);
  const { page, context, consoleErrors } = await openPage();
  onTestFinished(() => context.close());
  await page.goto(hostile.origin);
  await expect.poll(() => consoleErrors.filter((line) => line.includes("frame-ancestors")).length).toBe(2);
  for (const frame of page.frames().slice(1)) expect(frame.url()).toMatch(/^chrome-error:/);
});
