import { startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openPage } from "./browser";
import { type App, axeViolations, startApp } from "./harness";
import { allow, cardOf, openConsent } from "./person";

let app: App;
let server: Awaited<ReturnType<typeof startOauthServer>>;

beforeAll(async () => {
  server = await startOauthServer();
  app = await startApp({ env: { MCP_ALLOW_HOSTS: server.hosts.join(",") } });
});
afterAll(async () => {
  await app?.stop();
  await server?.close();
});

test("a call whose sign-in has ended says so, and one click runs it again after a new sign-in", async () => {
  const { page, context } = await openPage();
  await page.goto(app.url);
  await page.getByText("Live", { exact: true }).waitFor();
  await page.getByRole("textbox", { name: /address/i }).fill(server.url);
  await page.getByRole("textbox", { name: /name/i }).fill("Forgetful");
  await allow(await openConsent(context, () => page.getByRole("button", { name: "Connect" }).first().click()));
  await cardOf(page, "Forgetful").getByRole("link", { name: "Open tools" }).click();
  await page.getByRole("link", { name: /search_notes/ }).click();
  await page.getByLabel(/arguments/i).fill('{"query":"milk"}');

  // The new server has none of the old one's keys, clients and tokens.
  const [port, authorizationServerPort] = [server.url, server.issuer].map((url) => Number(new URL(url).port));
  await server.close();
  server = await startOauthServer({ port: port ?? 0, authorizationServerPort: authorizationServerPort ?? 0 });
  await page.getByRole("button", { name: /^run$/i }).click();
  const result = page.getByRole("region", { name: "Result" });
  await result.getByText("asks you to sign in").waitFor();
  expect(await axeViolations(page)).toEqual([]);

  await allow(await openConsent(context, () => page.getByRole("button", { name: "Sign in", exact: true }).click()));
  await result.getByRole("button", { name: "Run again" }).click();
  await result.getByText("No note matches.").first().waitFor();
  await context.close();
});
