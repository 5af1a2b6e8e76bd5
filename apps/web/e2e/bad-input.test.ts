import { answerConsentPage } from "@mcp-assistant/demo-servers/oauth";
import { refusingOrigin, startSilentServer, startWebPage } from "@mcp-assistant/testing/servers";
import { freePort } from "@mcp-assistant/testkit/ports";
import { startRedis } from "@mcp-assistant/testkit/redis";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { longTest, type OpenPage, openPage } from "./browser";
import { type App, axeViolations, startApp } from "./harness";
import { allow, cardOf, demoCard, openConsent } from "./person";

let app: App;
let servers: { page: string; silent: string; refusing: string };

beforeAll(async () => {
  const [page, silent, refusing] = await Promise.all([startWebPage(), startSilentServer(), refusingOrigin()]);
  servers = { page: `${page.origin}/docs`, silent: `${silent.origin}/mcp`, refusing: `${refusing.origin}/mcp` };
  const env = { MCP_ALLOW_HOSTS: [page, silent, refusing].map(({ host }) => host).join(",") };
  app = await startApp({ env });
  return () => Promise.all([page.close(), silent.close()]);
});
afterAll(async () => {
  await app?.stop();
});

async function visit(at: App = app) {
  const opened = await openPage();
  onTestFinished(() => opened.context.close());
  await opened.page.goto(at.url);
  return opened;
}

/** Opens one page for all tests of a group. */
function sharedPage(): () => OpenPage {
  let opened: OpenPage;
  beforeAll(async () => {
    opened = await openPage();
    await opened.page.goto(app.url);
    await opened.page.getByText("Live", { exact: true }).waitFor();
    return () => opened.context.close();
  });
  return () => opened;
}

async function connectTo(page: Page, address: string) {
  await page.getByRole("textbox", { name: /address|url/i }).fill(address);
  await page.getByRole("textbox", { name: /address|url/i }).press("Enter");
}

describe("an invalid address is reported next to the field, and nothing is added", () => {
  const shared = sharedPage();

  test.each([
    ["not a url", /not a valid address/i],
    ["ftp://mcp.example.com", /http/i],
    ["https://ada:hunter2@mcp.example.com/mcp", /password/i],
    ["http://127.0.0.1:6379/mcp", /not a public address/i],
    ["http://localhost:1/mcp", /not a public address/i],
    ["http://192.168.1.1/mcp", /not a public address/i],
    ["https://mcp.example.com:25/mcp", /Check the port/i],
  ])("%s", async (address, message) => {
    const { page } = shared();
    await connectTo(page, address);
    await page.getByText(message).first().waitFor();
    expect(await page.getByRole("textbox", { name: /address|url/i }).getAttribute("aria-invalid")).toBe("true");
    expect(await page.getByRole("article").count()).toBe(0);
    expect(await axeViolations(page)).toEqual([]);
    // The next address must not find this one's message.
    await page.getByRole("textbox", { name: /address|url/i }).fill("");
    await page.getByText(message).first().waitFor({ state: "detached" });
  });

  test("a private address is refused with what its operator can set, in details that are closed at first", async () => {
    const { page } = shared();
    await connectTo(page, "http://localhost:9999/mcp");
    await page.getByText("not a public address").first().waitFor();
    expect(await page.getByText("MCP_ALLOW_HOSTS").count()).toBe(0);
    await page.getByText("Details for the app's operator").click();
    await page.getByText('add "localhost:9999" to outbound.allowHosts. Here, that is').waitFor();
    expect(await page.getByText("MCP_ALLOW_HOSTS: a list separated by commas").count()).toBe(1);
    expect(await axeViolations(page)).toEqual([]);
  });
});

describe("a server that does not work leaves a connection that says why", () => {
  const shared = sharedPage();

  test.each([
    ["a web page", "page", /something other than MCP/],
    ["a port that refuses connections", "refusing", /connection refused/],
    ["a server that hangs", "silent", /did not answer within 10 s/],
  ] as const)("%s", async (_what, server, message) => {
    const { page, context } = shared();
    await connectTo(page, servers[server]);
    const card = page.getByRole("article").filter({ hasText: message });
    await card.getByText("Failed").waitFor({ timeout: 20_000 });
    expect(await card.getByText(/^Connected/).count()).toBe(0);
    expect(await axeViolations(page)).toEqual([]);
    await expect.poll(() => context.pages().length).toBe(1);
  });
});

test("after the user declines access, the page says so, and connecting again works", async () => {
  const { page, context } = await visit();
  const connect = () => demoCard(page, "Demo notes").getByRole("button", { name: "Connect" }).click();
  const popup = await openConsent(context, connect);
  await popup.getByRole("button", { name: "Deny" }).click();
  await popup.getByText(/You declined access/).waitFor();
  expect(await axeViolations(popup)).toEqual([]);
  const card = cardOf(page, "Demo notes");
  await card.getByText(/You declined access/).waitFor();
  await card.getByText("Disconnected").waitFor();
  await popup.close();
  const again = () => card.getByRole("button", { name: /connect/i }).click();
  await allow(await openConsent(context, again));
  await card.getByText("Connected · 3 tools").waitFor();
});

test("cancelling ends the wait and closes the window, and a late callback changes nothing", async () => {
  const { page, context } = await visit();
  const connect = () => demoCard(page, "Demo notes").getByRole("button", { name: "Connect" }).click();
  const asked = context.waitForEvent("request", (request) => request.url().includes("code_challenge="));
  const popup = await openConsent(context, connect);
  const card = cardOf(page, "Demo notes");
  const closed = popup.waitForEvent("close");
  await card.getByRole("button", { name: "Cancel" }).click();
  await closed;
  await card.getByText("Disconnected").waitFor();
  const late = await context.newPage();
  await late.goto((await answerConsentPage((await asked).url())).href);
  await late.getByText("This sign-in cannot be completed").waitFor();
  await card.getByText("Disconnected").waitFor();
});

test("LibreChat#11756: a callback from another browser is refused", async () => {
  const [ada, mallory] = [await visit(), await visit()];
  const asked = ada.context.waitForEvent("request", (request) => request.url().includes("code_challenge="));
  await demoCard(ada.page, "Demo notes").getByRole("button", { name: "Connect" }).click();
  const callback = (await answerConsentPage((await asked).url())).href;
  await mallory.page.goto(callback);
  await mallory.page.getByText(/another browser or by another user/).waitFor();
  await cardOf(ada.page, "Demo notes").getByText("Waiting for sign-in").waitFor();
  const finished = await ada.context.newPage();
  await finished.goto(callback);
  await cardOf(ada.page, "Demo notes").getByText("Connected · 3 tools").waitFor();
  await finished.goto(callback);
  await finished.getByText("Connected to Demo notes").waitFor();
});

test("a sign-in window that the browser blocks is replaced by a link that works", async () => {
  const { page, context } = await visit();
  await page.evaluate(() => {
    window.open = () => null;
  });
  await demoCard(page, "Demo notes").getByRole("button", { name: "Connect" }).click();
  const card = cardOf(page, "Demo notes");
  await card.getByText(/blocked the sign-in window/i).waitFor();
  expect(await axeViolations(page)).toEqual([]);
  const popup = await openConsent(context, () => card.getByRole("link", { name: /open sign-in/i }).click());
  await allow(popup);
  await card.getByText("Connected · 3 tools").waitFor();
});

longTest("opening the sign-in again reuses its window", async () => {
  const { page, context } = await visit();
  const connect = () => demoCard(page, "Demo notes").getByRole("button", { name: "Connect" }).click();
  const popup = await openConsent(context, connect);
  const card = cardOf(page, "Demo notes");
  const again = popup.waitForEvent("load");
  await card.getByRole("link", { name: "Open sign-in again" }).click();
  await again;
  expect(context.pages()).toEqual([page, popup]);
  await allow(popup);
  await card.getByText("Connected · 3 tools").waitFor();
});

longTest("the link in place of a blocked window takes the focus once, and disappears with its sign-in", async () => {
  const { page, context } = await visit();
  await page.evaluate(() => {
    window.open = () => null;
  });
  await demoCard(page, "Demo notes").getByRole("button", { name: "Connect" }).click();
  const card = cardOf(page, "Demo notes");
  const link = card.getByRole("link", { name: "Open sign-in", exact: true });
  const isFocused = () => link.evaluate((element) => element === document.activeElement);
  await expect.poll(isFocused).toBe(true);
  await page.getByRole("link", { name: "Events", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "Events" }).waitFor();
  await page.getByRole("link", { name: "Connections", exact: true }).click();
  await link.waitFor();
  expect(await isFocused()).toBe(false);

  const other = await context.newPage();
  await other.goto(app.url);
  await cardOf(other, "Demo notes").getByRole("button", { name: "Cancel" }).click();
  await card.getByText("Disconnected").waitFor();
  await openConsent(context, () =>
    cardOf(other, "Demo notes")
      .getByRole("button", { name: /connect/i })
      .click(),
  );
  await card.getByRole("link", { name: "Open sign-in again" }).waitFor();
  expect(await link.count()).toBe(0);
});

test("without Redis the page says so, and it works as soon as Redis is up", async () => {
  const port = await freePort();
  const cold = await startApp({ redisUrl: `redis://127.0.0.1:${port}` });
  onTestFinished(async () => void (await cold.stop()));
  const { page } = await visit(cold);
  await page.getByText("This app's storage cannot be reached").first().waitFor();
  expect(await axeViolations(page)).toEqual([]);
  await demoCard(page, "Demo tools").getByRole("button", { name: "Connect" }).click();
  await demoCard(page, "Demo tools").getByText("This app's storage cannot be reached").waitFor();
  await page.getByRole("alert").getByText("This app's storage cannot be reached. ").waitFor();
  const redis = await startRedis({ port });
  onTestFinished(() => redis.stop());
  await page.getByText("Live", { exact: true }).waitFor({ timeout: 20_000 });
  await demoCard(page, "Demo tools").getByRole("button", { name: "Connect" }).click();
  await cardOf(page, "Demo tools").getByText("Connected · 4 tools").waitFor();
});
