import { type KeyedServer, startKeyedServer } from "@mcp-assistant/testing/servers";
import { freePortRange } from "@mcp-assistant/testkit/ports";
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { openPage } from "./browser";
import { checkEveryLook } from "./every-look";
import { type App, startApp } from "./harness";
import { cardOf } from "./person";

let app: App;
let server: KeyedServer;

beforeAll(async () => {
  const web = await freePortRange(4);
  server = await startKeyedServer({
    upstream: `http://127.0.0.1:${web + 3}`,
    header: "authorization",
    value: "Bearer the-right-key",
  });
  const env = { PORT: String(web), MCP_ALLOW_HOSTS: server.host };
  app = await startApp({ env });
});
afterAll(async () => {
  await app?.stop();
  await server?.close();
});

async function visit() {
  const opened = await openPage();
  onTestFinished(() => opened.context.close());
  await opened.page.goto(app.url);
  await opened.page.getByText("Live", { exact: true }).waitFor();
  return opened;
}

const keyField = (where: Page | Locator) => where.getByLabel("Key or token");

async function connectWith(page: Page, key: string) {
  await page.getByRole("textbox", { name: "Server address" }).fill(`${server.origin}/mcp`);
  await page.getByRole("textbox", { name: /^Name/ }).fill("Keyed");
  await page.getByText("Use an API key", { exact: true }).click();
  await keyField(page).fill(key);
  await page.getByRole("button", { name: "Connect", exact: true }).first().click();
}

test("a wrong key can be corrected, and a key is never shown again", async () => {
  const { page, context, consoleErrors } = await visit();
  await connectWith(page, "a-wrong-key");
  const card = cardOf(page, "Keyed");
  await card.getByText("rejected your key").waitFor();
  expect(context.pages()).toHaveLength(1);
  await checkEveryLook(page, "wrong-key");

  await card.getByText("Change the key").click();
  await card.getByRole("button", { name: "Use this key" }).click();
  await card.getByText("Type or paste the key").waitFor();
  await keyField(card).fill("the-right-key");
  await checkEveryLook(page, "another-key");
  await keyField(card).press("Enter");
  await card.getByText("Connected · 4 tools").waitFor();
  await card.getByText("Your key is sent in the Authorization header.").waitFor();
  expect(new Set(server.keys)).toContain("Bearer the-right-key");

  await page.reload();
  await card.getByText("Connected · 4 tools").waitFor();
  expect(await page.content()).not.toMatch(/the-right-key|a-wrong-key/);
  expect(app.output()).not.toMatch(/the-right-key|a-wrong-key/);

  // Without a key, the sign-in window ends on a page that says that this server has no sign-in.
  expect(consoleErrors).toEqual([]);
  await card.getByText("Change the key").click();
  await card.getByRole("button", { name: "Forget the key" }).click();
  await expect.poll(() => card.getByText(/Your key is sent/).count()).toBe(0);
  expect(server.keys.at(-1)).toBeUndefined();
});

test("a key that cannot be sent is reported next to its field, and nothing is added", async () => {
  const { page } = await visit();
  await connectWith(page, "schlüssel");
  await page.getByText(/visible ASCII characters/).waitFor();
  expect(await page.getByRole("article").count()).toBe(0);
  await keyField(page).fill("schluessel");
  await expect.poll(() => page.getByText(/visible ASCII characters/).count()).toBe(0);
});
