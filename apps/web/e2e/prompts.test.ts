import { expect, inject, onTestFinished, test } from "vitest";
import { longTest, openPage } from "./browser";
import { checkEveryLook } from "./every-look";
import { openDemoTools } from "./person";

const app = inject("app");

async function visitPrompts() {
  const opened = await openPage();
  onTestFinished(() => opened.context.close());
  await openDemoTools(opened.page, app.url, "Prompts");
  return opened;
}

test("a user fills in a prompt with the server's proposals, sees its messages, and copies them", async () => {
  const { page, context, consoleErrors } = await visitPrompts();
  await expect.poll(() => page.title()).toBe("Prompts · Demo tools · mcp-redis");
  await page.getByRole("heading", { level: 2, name: "Plan a meeting" }).waitFor();
  await checkEveryLook(page, "prompts");

  const ours = page.getByRole("combobox", { name: /ours/ });
  const theirs = page.getByRole("combobox", { name: /theirs/ });
  await ours.fill("berlin");
  await page.getByRole("option", { name: "Europe/Berlin" }).click();
  await page.getByRole("button", { name: "Show messages" }).click();
  expect(await theirs.evaluate((field: HTMLInputElement) => field.validity.valueMissing)).toBe(true);
  await theirs.fill("Asia/Tokyo");
  await theirs.press("Enter");
  const messages = page.getByRole("region", { name: "Messages" });
  await messages.getByText(/people in Europe\/Berlin and Asia\/Tokyo/).waitFor();
  await checkEveryLook(page, "prompt");

  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await messages.getByRole("button", { name: "Copy as text" }).click();
  await messages.getByText("Copied").waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^user:\nWhich hours/);
  expect(consoleErrors).toEqual([]);
});

longTest("a prompt that takes long can be cancelled, and the fields stay as they are", async () => {
  const { page, context } = await visitPrompts();
  await page.getByRole("combobox", { name: /ours/ }).fill("Europe/Berlin");
  await page.getByRole("combobox", { name: /theirs/ }).fill("Asia/Tokyo");
  await context.route(/mcp\.prompts\.get/, () => undefined);
  await page.getByRole("button", { name: "Show messages" }).click();
  await page.getByText("Waiting for the server…").waitFor();
  await checkEveryLook(page, "prompt-waiting");
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByText("The messages will appear here.").waitFor();
  expect(await page.getByRole("combobox", { name: /theirs/ }).inputValue()).toBe("Asia/Tokyo");
});

test("an address that names an unknown prompt says so", async () => {
  const { page } = await visitPrompts();
  await page.goto(`${page.url()}?prompt=no_such_prompt`);
  await page.getByText(/no prompt .*no_such_prompt/).waitFor();
});
