import { expect, onTestFinished, test } from "vitest";
import { openPage } from "./browser";
import { checkEveryLook } from "./every-look";
import { startApp } from "./harness";
import { startOffersServer } from "./offers-server";
import { cardOf } from "./person";

test("a followed resource is read again when its server says that it has changed", async () => {
  const contents = [{ uri: "x:a", text: "before" }];
  const server = await startOffersServer({
    "tools/list": { tools: [] },
    "resources/list": { resources: [{ uri: "x:a", name: "a" }] },
    "resources/read": { contents },
    "resources/subscribe": {},
    "resources/unsubscribe": {},
  });
  onTestFinished(server.close);
  const app = await startApp({ env: { MCP_ALLOW_HOSTS: server.host } });
  onTestFinished(async () => void (await app.stop()));
  const { page, context, consoleErrors } = await openPage();
  onTestFinished(() => context.close());
  await page.goto(app.url);
  await page.getByText("Live", { exact: true }).waitFor();
  await page.getByRole("textbox", { name: "Server address" }).fill(server.url);
  await page.getByRole("textbox", { name: /^Name/ }).fill("Offers");
  await page.getByRole("button", { name: "Connect", exact: true }).first().click();
  await cardOf(page, "Offers").getByRole("link", { name: "Open tools" }).click();
  await page.getByRole("link", { name: "Resources", exact: true }).click();
  await page.getByRole("link", { name: "x:a" }).click();
  await page.getByText("before").waitFor();
  await page.getByRole("switch", { name: "Follow" }).check();
  await expect.poll(() => server.isFollowed(), { timeout: 40_000 }).toBe(true);
  contents[0] = { uri: "x:a", text: "after" };
  server.update("x:a");
  await page.getByText("after").waitFor();
  await page.getByText("Changed at").waitFor();
  await checkEveryLook(page, "followed");
  expect(consoleErrors).toEqual([]);
});
