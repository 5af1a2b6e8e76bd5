import { startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { browser, longTest } from "./browser";
import { startStrictHost } from "./strict-host";

let notes: Awaited<ReturnType<typeof startOauthServer>>;
beforeAll(async () => {
  notes = await startOauthServer();
});
afterAll(async () => {
  await notes?.close();
});

/** Opens a host app with Strict cookies for a user whose server waits for a sign-in. */
async function visit() {
  const host = await startStrictHost(notes.hosts);
  const context = await browser.newContext();
  onTestFinished(async () => {
    await context.close();
    await host.close();
  });
  const page = await context.newPage();
  await page.goto(`${host.origin}/login?user=ada`);
  const { sessionId } = await host.mcp.forUser("ada").connect({ serverUrl: notes.url, serverName: "Notes" });
  await page.goto(host.origin);
  await page.getByRole("link", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Allow" }).waitFor();
  return { host, context, page, session: { userId: "ada", sessionId } };
}

test("with a Strict session cookie, the callback reloads itself once, and the sign-in succeeds", async () => {
  const { host, page, session } = await visit();
  await page.getByRole("button", { name: "Allow" }).click();
  await page.waitForURL(`${host.origin}/back?here`);
  expect(host.callbacks).toEqual([
    { hadUser: false, site: "cross-site" },
    { hadUser: true, site: "same-origin" },
  ]);
  expect(await host.mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({ state: "CONNECTED" });
  expect(notes.requests().filter(({ grantType }) => grantType === "authorization_code")).toHaveLength(1);
});

longTest(
  "a user who has signed out of the app in the meantime is asked to sign in to it, and can then finish",
  async () => {
    const { host, context, page, session } = await visit();
    await context.clearCookies({ name: "user" });
    await page.getByRole("button", { name: "Allow" }).click();
    await page.getByRole("heading", { name: "You are not signed in to this app" }).waitFor();
    await page.getByText("Sign in to the app first").waitFor();
    expect(new URL(page.url()).search).toBe("");
    expect(host.callbacks).toHaveLength(2);
    expect(await host.mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({ state: "AUTHENTICATING" });
    await page.goto(`${host.origin}/login?user=ada`);
    await page.goto(host.origin);
    await page.getByRole("link", { name: "Sign in" }).click();
    // The authorization server still knows the user and may not ask again.
    const allow = page.getByRole("button", { name: "Allow" });
    await Promise.race([allow.click().catch(() => undefined), page.waitForURL(`${host.origin}/back?here`)]);
    await page.waitForURL(`${host.origin}/back?here`);
    expect(await host.mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({ state: "CONNECTED" });
  },
);

test("a browser that keeps no cookies is not reloaded forever", async () => {
  const { host, context, page } = await visit();
  await context.route("**/auth/issuer/*?*", async (route) => {
    await context.clearCookies();
    await route.continue();
  });
  await context.clearCookies({ name: "user" });
  await page.getByRole("button", { name: "Allow" }).click();
  await page.getByRole("heading", { name: "You are not signed in to this app" }).waitFor();
  expect(host.callbacks.length).toBeLessThan(4);
});
