import { hostileText } from "@mcp-assistant/testing/servers";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { looks, openPage } from "./browser";
import { checkEveryLook } from "./every-look";
import { type App, scrollsSideways, startApp } from "./harness";
import { type OffersServer, startOffersServer } from "./offers-server";
import { cardOf } from "./person";

/** A PNG of one pixel. */
const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const rightToLeft = "קובץ חשוב";
const texts = { title: hostileText, description: hostileText };
const resources = [
  { uri: "x:texts", name: hostileText, ...texts, mimeType: hostileText },
  { uri: "x:long", name: "long", title: "W".repeat(100_000), description: "word ".repeat(20_000) },
  { uri: "x:rtl", name: rightToLeft, mimeType: "text/plain", size: 12 },
  { uri: "javascript:window.hacked=1", name: "a script" },
  { uri: "x:html", name: "a page", mimeType: "text/html" },
  { uri: `x:${"y".repeat(5_000)}`, name: "a long address" },
  ...Array.from({ length: 300 }, (_, at) => ({ uri: `x:many/${at}`, name: `many ${at}` })),
];
const contents = [
  { uri: "x:texts", mimeType: "text/html", text: hostileText },
  { uri: "x:json", mimeType: "application/json", text: '{"a":[1,2]}' },
  { uri: "x:picture", mimeType: "image/png", blob: pixel },
  { uri: "x:drawing", mimeType: "image/svg+xml", blob: btoa('<svg onload="window.hacked=1"/>') },
  { uri: "x:broken", mimeType: "image/png", blob: "<not base64>" },
  { uri: "x:large", text: "line\n".repeat(20_000) },
];
const link = { type: "resource_link", uri: "x:linked", name: hostileText, description: hostileText };
const content = { type: "text", text: hostileText };

let app: App;
let server: OffersServer;

beforeAll(async () => {
  server = await startOffersServer({
    "tools/list": { tools: [{ name: "link", inputSchema: { type: "object" } }] },
    "tools/call": { content: [link, { type: "resource", resource: contents[0] }] },
    "resources/list": { resources },
    "resources/templates/list": {
      resourceTemplates: [
        { uriTemplate: "x:{one}/{two}", name: hostileText, ...texts },
        { uriTemplate: "x:{not closed", name: "broken" },
        { uriTemplate: `x:{${Array.from({ length: 150 }, (_, at) => `v${at}`).join()}}`, name: "wide" },
      ],
    },
    "resources/read": { contents },
    "prompts/list": { prompts: [{ name: "texts", ...texts, arguments: [{ name: hostileText, ...texts }] }] },
    "prompts/get": {
      description: hostileText,
      messages: [
        { role: "user", content },
        { role: "assistant", content: link },
      ],
    },
    "completion/complete": { completion: { values: [hostileText, rightToLeft, "v".repeat(2_000)] } },
  });
  app = await startApp({ env: { MCP_ALLOW_HOSTS: server.host } });
});
afterAll(async () => {
  await app?.stop();
  await server?.close();
});

test.each(looks)(
  "hostile resources and prompts are shown as plain text: nothing runs, nothing overflows ($colorScheme, $width px)",
  async (look) => {
    const { page, context, consoleErrors } = await openPage(look);
    onTestFinished(() => context.close());
    const check = (name: string) => checkEveryLook(page, name, [look]);
    await page.goto(app.url);
    await page.getByRole("textbox", { name: "Server address" }).fill(server.url);
    await page.getByRole("textbox", { name: /^Name/ }).fill("Offers");
    await page.getByRole("button", { name: "Connect", exact: true }).first().click();
    await cardOf(page, "Offers").getByText("Connected · 1 tool").waitFor();
    await cardOf(page, "Offers").getByRole("link", { name: "Open tools" }).click();

    await go(page, "Resources");
    const list = page.getByRole("navigation", { name: "Resources" });
    await page.getByRole("button", { name: `Show all ${resources.length}` }).waitFor();
    await check("hostile-resources");
    const back = page.getByRole("button", { name: "All resources" });
    for (const { uri } of resources.slice(0, 6)) {
      if (await back.isVisible()) await back.click();
      await list.locator(`a[href="#resource=${encodeURIComponent(uri)}"]`).click();
      await page
        .getByRole("region", { name: "Content" })
        .getByText("application/json")
        .or(page.getByText('"a": ['))
        .first()
        .waitFor();
      expect(await scrollsSideways(page), uri.slice(0, 50)).toBe(false);
    }
    await page.getByRole("img").first().waitFor();
    await page.getByText("image/svg+xml · 31 bytes").waitFor();
    await page.getByText("The image is not valid base64").waitFor();
    await page.getByRole("button", { name: "Show all 100,000 characters" }).waitFor();
    await check("hostile-resource");

    if (await back.isVisible()) await back.click();
    await list.getByRole("searchbox").fill("many 299");
    expect(await list.getByRole("link").count()).toBe(1);
    const templates = page.getByRole("navigation", { name: "Templates" });
    await templates.getByRole("link").first().click();
    await page.getByRole("combobox", { name: "two" }).fill("a/b");
    await page.getByRole("option").nth(1).waitFor();
    // The longest of the three is not shown.
    expect(await page.getByRole("option").count()).toBe(2);
    await check("hostile-proposals");
    await page.getByRole("combobox", { name: "one" }).fill("1");
    await page.getByText("x:1/a%2Fb", { exact: true }).waitFor();
    if (await back.isVisible()) await back.click();
    await templates.getByRole("link", { name: "broken" }).click();
    await page.getByText("This template cannot be read").waitFor();
    if (await back.isVisible()) await back.click();
    await templates.getByRole("link", { name: "wide" }).click();
    await page.getByText("50 more fields are not shown").waitFor();
    expect(await page.getByRole("combobox", { name: /^v\d/ }).count()).toBe(100);

    await go(page, "Prompts");
    if (!(await page.getByRole("combobox").isVisible())) {
      await page.getByRole("navigation", { name: "Prompts" }).getByRole("link").click();
    }
    await page.getByRole("button", { name: "Show messages" }).click();
    await page.getByText("Assistant", { exact: true }).waitFor();
    await check("hostile-prompt");

    await go(page, "Tools");
    if (!(await page.getByRole("button", { name: /^run/i }).isVisible())) {
      await page.getByRole("navigation", { name: "Tools" }).getByRole("link").click();
    }
    await page.getByRole("button", { name: /^run/i }).click();
    const result = page.getByRole("region", { name: "Result" });
    await result.getByRole("button", { name: "Read" }).click();
    await result.getByText('"a": [').waitFor();
    await check("hostile-link");

    expect(await page.evaluate(() => "hacked" in window)).toBe(false);
    expect(await page.locator("main script, main style, main a[href^=javascript]").count()).toBe(0);
    expect(consoleErrors).toEqual([]);
  },
);

async function go(page: Page, view: string): Promise<void> {
  await page.getByRole("navigation", { name: "This connection" }).getByRole("link", { name: view }).click();
  await page.waitForURL(`**/${view.toLowerCase()}`);
}

test("a server that offers neither resources nor prompts says so in one sentence", async () => {
  const plain = await startOffersServer({ "tools/list": { tools: [{ name: "t", inputSchema: { type: "object" } }] } });
  onTestFinished(plain.close);
  const own = await startApp({ env: { MCP_ALLOW_HOSTS: plain.host } });
  onTestFinished(async () => void (await own.stop()));
  const { page, context, consoleErrors } = await openPage();
  onTestFinished(() => context.close());
  await page.goto(own.url);
  await page.getByRole("textbox", { name: "Server address" }).fill(plain.url);
  await page.getByRole("button", { name: "Connect", exact: true }).first().click();
  await page.getByRole("article").getByRole("link", { name: "Open tools" }).click();
  const views = page.getByRole("navigation", { name: "This connection" });
  await expect
    .poll(() => views.getByRole("link").allInnerTexts())
    .toEqual(["Tools", "Resources\nnone", "Prompts\nnone"]);
  await go(page, "Resources");
  await page.getByText("This server has no resources").waitFor();
  await checkEveryLook(page, "no-resources");
  await go(page, "Prompts");
  await page.getByText("This server has no prompts").waitFor();
  expect(consoleErrors).toEqual([]);
});
