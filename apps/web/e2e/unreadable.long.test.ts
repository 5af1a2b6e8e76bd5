import type {} from "@mcp-assistant/testkit/provided-context";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from "vitest";
import { openPage } from "./browser";
import { checkEveryLook } from "./every-look";
import { startApp } from "./harness";
import { allow, cardOf, demoCard, openConsent, openedSession } from "./person";

let redis: Redis;
beforeAll(async () => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(async () => {
  redis.disconnect();
});

async function start(env: Record<string, string> = {}) {
  const app = await startApp({ redisUrl: inject("redisUrl"), env });
  onTestFinished(async () => void (await app.stop()));
  return app;
}

async function openBrowser() {
  const opened = await openPage();
  onTestFinished(() => opened.context.close());
  return opened;
}

test("a connection with an unreadable record says so and can only be removed", async () => {
  const app = await start();
  const { page, consoleErrors } = await openBrowser();
  await page.goto(app.url);
  await demoCard(page, "Demo tools").getByRole("button", { name: "Connect" }).click();
  await cardOf(page, "Demo tools").getByRole("link", { name: "Open tools" }).click();
  const sessionId = await openedSession(page);
  await redis.set(`mcp:session:${sessionId}`, "{", "KEEPTTL");

  await page.goto(app.url);
  const card = page.getByRole("article");
  await card.getByText("cannot be read").waitFor();
  await card.getByText("Failed").waitFor();
  expect(await card.getByRole("button").count()).toBe(1);
  expect(await card.getByRole("link").count()).toBe(0);
  await checkEveryLook(page, "unreadable");

  await page.goto(`${app.url}/connections/${encodeURIComponent(sessionId)}/tools`);
  await page.getByText("cannot be read").waitFor();
  expect(await page.getByText("cannot be read").count()).toBe(1);
  expect(await page.getByRole("main").getByRole("button").count()).toBe(0);
  await checkEveryLook(page, "unreadable-tools");

  await page.getByRole("link", { name: "Connections" }).first().click();
  await card.getByRole("button", { name: /^Remove/ }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
  await page.getByText("Connect your first server").waitFor();
  await demoCard(page, "Demo tools").getByRole("button", { name: "Connect" }).click();
  await cardOf(page, "Demo tools").getByText("Connected · 4 tools").waitFor();
  expect(consoleErrors).toEqual([]);
});

const keyOf = (text: string) => `${text}:${Buffer.alloc(32, text).toString("base64")}`;

test("a sign-in encrypted with a lost key asks for a new sign-in", async () => {
  const { page, context } = await openBrowser();
  const cookieSecret = { MCP_COOKIE_SECRET: "a secret of the tests, long enough" };
  const before = await start({ ...cookieSecret, MCP_ENCRYPTION_KEYS: keyOf("old") });
  await page.goto(before.url);
  const card = cardOf(page, "Demo notes");
  await allow(
    await openConsent(context, () => demoCard(page, "Demo notes").getByRole("button", { name: "Connect" }).click()),
  );
  await card.getByText("Connected · 3 tools").waitFor();
  await before.stop();
  const after = await start({ ...cookieSecret, PORT: String(before.ports.web), MCP_ENCRYPTION_KEYS: keyOf("new") });
  expect(after.url).toBe(before.url);
  await page.getByText("Live", { exact: true }).waitFor({ timeout: 20_000 });
  await card.getByRole("button", { name: "Disconnect" }).click();
  await card.getByText("Disconnected").waitFor();
  await card.getByRole("button", { name: "Reconnect" }).click();
  await card.getByText("cannot be read").waitFor();
  await allow(await openConsent(context, () => card.getByRole("button", { name: "Sign in" }).click()));
  await card.getByText("Connected · 3 tools").waitFor();
});
