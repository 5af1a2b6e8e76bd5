import { expect, onTestFinished, test } from "vitest";
import { openPage } from "./browser";
import { checkEveryLook } from "./every-look";
import { startApp } from "./harness";
import { startOffersServer } from "./offers-server";
import { cardOf } from "./person";

test("typed arguments stay while the user looks elsewhere, and a server is not asked for what it does not offer", async () => {
  const server = await startOffersServer({
    "tools/list": { tools: [] },
    "resources/list": { resources: [{ uri: "x:a", name: "a" }] },
    "resources/templates/list": {
      resourceTemplates: [
        { uriTemplate: "x:{one}", name: "first" },
        { uriTemplate: "y:{one}", name: "second" },
      ],
    },
    "resources/read": { contents: [{ uri: "x:a", text: "text of a" }] },
    "prompts/list": {
      prompts: ["first", "second"].map((name) => ({ name, arguments: [{ name: "one" }] })),
    },
  });
  onTestFinished(server.close);
  const app = await startApp({ env: { MCP_ALLOW_HOSTS: server.host } });
  onTestFinished(async () => void (await app.stop()));
  const { page, context, consoleErrors } = await openPage();
  onTestFinished(() => context.close());
  const asked: string[] = [];
  context.on("request", (request) => asked.push(request.url()));
  await page.goto(app.url);
  await page.getByRole("textbox", { name: "Server address" }).fill(server.url);
  await page.getByRole("textbox", { name: /^Name/ }).fill("Offers");
  await page.getByRole("button", { name: "Connect", exact: true }).first().click();
  const open = async (view: string) => {
    await page.getByRole("navigation", { name: "This connection" }).getByRole("link", { name: view }).click();
    await page.waitForURL(`**/${view.toLowerCase()}`);
  };
  const choose = (list: string, name: RegExp) =>
    page.getByRole("navigation", { name: list, exact: true }).getByRole("link", { name }).click();
  const field = page.getByRole("main").getByRole("textbox", { name: /^one/ });
  const value = () => field.inputValue();
  await cardOf(page, "Offers").getByRole("link", { name: "Open tools" }).click();

  await open("Resources");
  await choose("Templates", /first/);
  await field.fill("1");
  await choose("Templates", /second/);
  await expect.poll(value).toBe("");
  await field.fill("2");
  await open("Prompts");
  await choose("Prompts", /first/);
  await field.fill("3");
  await choose("Prompts", /second/);
  await expect.poll(value).toBe("");
  await choose("Prompts", /first/);
  await expect.poll(value).toBe("3");
  await checkEveryLook(page, "prompt-without-completions");
  await page.getByRole("link", { name: "Connections", exact: true }).first().click();
  await cardOf(page, "Offers").getByRole("link", { name: "Open tools" }).click();
  await open("Resources");
  await choose("Templates", /first/);
  await expect.poll(value).toBe("1");
  await choose("Templates", /second/);
  await expect.poll(value).toBe("2");

  await choose("Resources", /x:a/);
  await page.getByText("text of a").waitFor();
  expect(await page.getByRole("switch", { name: "Follow" }).count()).toBe(0);
  // A question would be sent 150 ms after a letter, and the user has been elsewhere since then.
  expect(asked.filter((url) => url.includes("mcp.completions"))).toEqual([]);
  expect(consoleErrors).toEqual([]);
});
