import {
  type HostileMcpServer,
  hostileText,
  hostileTools,
  startHostileMcpServer,
} from "@mcp-assistant/testing/servers";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { looks, openPage } from "./browser";
import { checkEveryLook } from "./every-look";
import { type App, scrollsSideways, startApp } from "./harness";
import { cardOf } from "./person";

let app: App;
let server: HostileMcpServer;

beforeAll(async () => {
  server = await startHostileMcpServer();
  const texts = [{ type: "text", text: hostileText }];
  server.lie({
    tools: hostileTools(server.canary),
    result: { content: texts, structuredContent: { [hostileText]: hostileText } },
    handshake: { serverInfo: { name: hostileText, version: hostileText }, instructions: hostileText },
  });
  app = await startApp({ env: { MCP_ALLOW_HOSTS: server.host } });
});
afterAll(async () => {
  await app?.stop();
  await server?.close();
});

test.each(looks)(
  "hostile tools are shown as plain text: nothing runs, nothing is fetched, nothing overflows ($colorScheme, $width px)",
  async (look) => {
    const { page, context, consoleErrors } = await openPage(look);
    onTestFinished(() => context.close());
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.goto(app.url);
    await page.getByRole("textbox", { name: "Server address" }).fill(server.url);
    await page.getByRole("textbox", { name: /^Name/ }).fill("Hostile");
    await page.getByRole("button", { name: "Connect", exact: true }).first().click();
    const card = cardOf(page, "Hostile");
    await card.getByText(`Connected · ${hostileTools("").length} tools`).waitFor();
    await card.getByRole("link", { name: "Open tools" }).click();

    await page.getByText("What the server says about its use").click();
    await page.getByRole("figure", { name: "What the server says about its use" }).waitFor();
    await checkEveryLook(page, "hostile-instructions", [look]);

    const tools = page.getByRole("navigation", { name: "Tools" });
    const back = page.getByRole("button", { name: "All tools" });
    const open = async (name: unknown) => {
      if (await back.isVisible()) await back.click();
      expect(await scrollsSideways(page)).toBe(false);
      await tools.locator(`a[href="?tool=${encodeURIComponent(String(name))}"]`).click();
      await page.getByText("Input schema", { exact: true }).click();
      expect(await scrollsSideways(page), String(name)).toBe(false);
    };
    for (const { name } of hostileTools(server.canary)) await open(name);
    await open("texts");
    await page.getByRole("button", { name: /^run/i }).click();
    const result = page.getByRole("region", { name: "Result" });
    await result.getByText("Structured content", { exact: true }).waitFor();
    await result.getByText("Raw result", { exact: true }).click();
    await checkEveryLook(page, "hostile-tools", [look]);

    expect(await page.evaluate(() => "hacked" in window)).toBe(false);
    expect(await page.locator("main img, main script, main style").count()).toBe(0);
    const origin = new URL(app.url).origin;
    expect(asked.filter((url) => new URL(url).origin !== origin)).toEqual([]);
    expect(server.ledAstray()).toBe(0);
    expect(consoleErrors).toEqual([]);
  },
);
