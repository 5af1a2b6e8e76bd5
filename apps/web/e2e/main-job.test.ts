import { setTimeout as pause } from "node:timers/promises";
import type {} from "@mcp-assistant/testkit/provided-context";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { looks, openPage } from "./browser";
import { checkEveryLook } from "./every-look";
import { type App, startApp } from "./harness";
import { allow, cardOf, demoCard, openConsent, openedSession } from "./person";
import { encryptionKeys, openTokens } from "./sealed";

/** The lifetime of an access token in seconds, short enough for one to expire during the test. */
const tokenLife = 10;

let app: App;
let redis: Redis;

beforeAll(async () => {
  redis = new Redis(inject("redisUrl"));
  const env = {
    DEMO_ACCESS_TOKEN_TTL: String(tokenLife),
    DEMO_RECORD_REQUESTS: "1",
    MCP_ENCRYPTION_KEYS: encryptionKeys,
  };
  app = await startApp({ redisUrl: inject("redisUrl"), env });
});
afterAll(async () => {
  redis.disconnect();
  await app?.stop();
});

interface Recorded {
  server: string;
  path: string;
  status: number;
  grantType?: string;
}

const requestLog = () => `http://127.0.0.1:${app.ports.oauth}/__requests`;
const recorded = async (): Promise<Recorded[]> => (await fetch(requestLog())).json();
const forgetRecorded = () => fetch(requestLog(), { method: "DELETE" });
const atAuthorizationServer = async () =>
  (await recorded())
    .filter(({ server }) => server === "authorization")
    .map(({ path, grantType }) => (grantType ? `${path} ${grantType}` : path));

test.each(looks)(
  "a user connects, signs in, calls tools, comes back after the token expired, and removes the server: $colorScheme, $width px",
  async (look) => {
    const { page, context, consoleErrors } = await openPage(look);
    const check = (name: string) => checkEveryLook(page, name, [look]);
    await page.goto(app.url);
    await page.getByText("Live", { exact: true }).waitFor();
    await check("empty");

    const popup = await openConsent(context, () =>
      demoCard(page, "Demo notes").getByRole("button", { name: "Connect" }).click(),
    );
    const card = cardOf(page, "Demo notes");
    await card.getByText("Waiting for sign-in").waitFor();
    await check("waiting-for-sign-in");
    await allow(popup);
    await card.getByText("Connected · 3 tools").waitFor();
    await check("connected");

    await card.getByRole("link", { name: "Open tools" }).click();
    const sessionId = await openedSession(page);
    await callTool("create_note", { title: "Milk", body: "Two litres" });
    await page.getByText("Created the note").first().waitFor();
    await check("tool-result");
    await page.goto(`${app.url}/connections/${encodeURIComponent(sessionId)}/tools?tool=no_such_tool`);
    await page.getByText(/no tool .*no_such_tool/).waitFor();
    await check("unknown-tool");

    await page.goto(app.url);
    await card.getByText("Connected · 3 tools").waitFor();
    await page.reload();
    await card.getByText("Connected · 3 tools").waitFor();

    const tokens = await openTokens(redis, sessionId);
    await pause(Math.max(0, tokens.expiresAt - Date.now()) + 500);
    const withOldToken = await fetch(`http://127.0.0.1:${app.ports.oauth}/mcp`, {
      method: "POST",
      headers: { authorization: `Bearer ${tokens.accessToken}`, "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" }),
    });
    expect(withOldToken.status).toBe(401);
    await forgetRecorded();
    await card.getByRole("link", { name: "Open tools" }).click();
    await callTool("search_notes", { query: "milk" });
    await page.getByText("Two litres").first().waitFor();
    expect(await atAuthorizationServer()).toEqual(["/token refresh_token"]);
    await forgetRecorded();

    await page.goto(app.url);
    await card.getByRole("button", { name: "Disconnect" }).click();
    await card.getByText("Disconnected").waitFor();
    await check("disconnected");
    await card.getByRole("button", { name: /connect/i }).click();
    await card.getByText("Connected · 3 tools").waitFor();
    expect((await atAuthorizationServer()).filter((request) => !request.startsWith("/token"))).toEqual([]);
    expect(context.pages()).toHaveLength(1);
    await page.getByRole("link", { name: "Events", exact: true }).click();
    await page.getByText("Reconnecting → Loading tools").waitFor();
    await page.getByText("Loading tools → Connected · 3 tools").waitFor();
    await check("events");
    await page.getByRole("link", { name: "Connections", exact: true }).click();

    await demoCard(page, "Demo tools").getByRole("button", { name: "Connect" }).click();
    const modern = cardOf(page, "Demo tools");
    await modern.getByText("Connected · 4 tools").waitFor();
    await modern.getByRole("link", { name: "Open tools" }).click();
    await callTool("add", { a: 40, b: 2 });
    await page.getByText("42").first().waitFor();

    await page.goto(`${app.url}/connections`);
    await card.getByRole("button", { name: "Remove Demo notes" }).click();
    await check("asks-before-removing");
    await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
    await page.getByRole("alertdialog").waitFor({ state: "detached" });
    await card.waitFor({ state: "detached" });
    expect(await redis.exists(`mcp:session:${sessionId}`, `mcp:credentials:${sessionId}`)).toBe(0);
    expect(consoleErrors).toEqual([]);
    await context.close();

    async function callTool(name: string, args: Record<string, unknown>): Promise<void> {
      await page
        .getByRole("link", { name: new RegExp(name) })
        .first()
        .click();
      await page.getByLabel(/arguments/i).fill(JSON.stringify(args));
      await page.getByRole("button", { name: /^run/i }).click();
    }
  },
);
