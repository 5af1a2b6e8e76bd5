import { expect, onTestFinished, test } from "vitest";
import { openPage } from "./browser";
import { checkEveryLook } from "./every-look";
import { startApp } from "./harness";
import { startOffersServer } from "./offers-server";
import { cardOf } from "./person";

test("a call that takes long shows its progress, also what came while the user was elsewhere, tells screen readers now and then, and can be cancelled", async () => {
  const server = await startOffersServer({
    "tools/list": { tools: [{ name: "wait", inputSchema: { type: "object" } }] },
  });
  onTestFinished(server.close);
  const app = await startApp({ env: { MCP_ALLOW_HOSTS: server.host } });
  onTestFinished(async () => void (await app.stop()));
  const { page, context, consoleErrors } = await openPage();
  onTestFinished(() => context.close());
  await page.goto(app.url);
  await page.getByText("Live", { exact: true }).waitFor();
  await page.getByRole("textbox", { name: "Server address" }).fill(server.url);
  await page.getByRole("textbox", { name: /^Name/ }).fill("Slow");
  await page.getByRole("button", { name: "Connect", exact: true }).first().click();
  await cardOf(page, "Slow").getByRole("link", { name: "Open tools" }).click();
  await page.getByRole("link", { name: "wait", exact: true }).click();
  const run = page.getByRole("button", { name: /^run/i });
  const result = page.getByRole("region", { name: "Result" });
  const bar = result.getByRole("progressbar", { name: "Progress" });

  await run.click();
  await expect.poll(() => server.isCalled()).toBe(true);
  expect(await bar.count()).toBe(0);
  server.report({ progress: 1, total: 4, message: "Copying files" });
  await result.getByText("1 of 4").waitFor();
  await page
    .getByRole("status")
    .getByText(/wait: Copying files, 1 of 4/)
    .waitFor();
  server.report({ progress: 2, total: 4, message: "Copying more files" });
  await result.getByText("2 of 4").waitFor();
  expect(await bar.evaluate((element: HTMLProgressElement) => element.value / element.max)).toBe(0.5);
  expect(
    await page
      .getByRole("status")
      .getByText(/2 of 4/)
      .count(),
  ).toBe(0);
  await checkEveryLook(page, "call-progress");
  await page.getByRole("link", { name: "Resources" }).click();
  await page.waitForURL("**/resources");
  server.report({ progress: 3, total: 4 });
  await page.getByRole("link", { name: "Tools", exact: true }).click();
  await result.getByText("3 of 4").waitFor();
  server.finish();
  await result.getByText("done").first().waitFor();
  expect(await bar.count()).toBe(0);

  await run.click();
  await expect.poll(() => server.isCalled()).toBe(true);
  server.report({ progress: 7 });
  await result.getByText("7", { exact: true }).waitFor();
  await checkEveryLook(page, "call-progress-without-total");
  await page.getByRole("button", { name: "Cancel" }).click();
  await result.getByText(/^Cancelled after/).waitFor();
  expect(consoleErrors).toEqual([]);
});
