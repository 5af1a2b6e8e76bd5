import { startStallingMcpServer } from "@mcp-assistant/testing/servers";
import { startProcess } from "@mcp-assistant/testkit/processes";
import type {} from "@mcp-assistant/testkit/provided-context";
import { expect, inject, onTestFinished, test } from "vitest";
import { openPage } from "./browser";
import { type App, startApp } from "./harness";
import { cardOf, demoCard, openConsent } from "./person";
import { encryptionKeys } from "./sealed";

const storage = inject("redisUrl");
const fleetProcess = new URL("../../../packages/api/test/app-process.mjs", import.meta.url).pathname;

async function startOn(env: Record<string, string>): Promise<App> {
  const app = await startApp({ redisUrl: storage, env });
  onTestFinished(async () => void (await app.stop()));
  return app;
}

/** Opens a page. Also returns the app's id for its user. */
async function visit(app: App) {
  const opened = await openPage();
  onTestFinished(() => opened.context.close());
  await opened.page.goto(app.url);
  await opened.page.getByText("Live", { exact: true }).waitFor();
  const [cookie] = await opened.context.cookies();
  return { ...opened, userId: cookie?.value.split(".")[0] ?? "" };
}

test("when a process is killed while connecting, the open page shows it without a reload, and the user can connect again", async () => {
  const [connecting, discovering] = await Promise.all([
    startStallingMcpServer("initialize"),
    startStallingMcpServer("tools/list"),
  ]);
  for (const { close } of [connecting, discovering]) onTestFinished(close);
  const hosts = `${connecting.host},${discovering.host}`;
  const app = await startOn({ MCP_ALLOW_HOSTS: hosts, MCP_ENCRYPTION_KEYS: encryptionKeys });
  const { page, userId, consoleErrors } = await visit(app);
  const other = await startProcess({
    command: process.execPath,
    args: [fleetProcess],
    env: { STORAGE: storage, ENCRYPTION_KEYS: encryptionKeys, BASE_URL: app.url, ALLOW_HOSTS: hosts },
    readyLine: /^http:/,
  });
  onTestFinished(async () => void (await other.stop()));
  for (const [serverName, { origin }] of [
    ["Silent", connecting],
    ["Slow", discovering],
  ] as const) {
    void fetch(`${other.line}/api/mcp/trpc/mcp.connections.connect`, {
      method: "POST",
      headers: { authorization: `Bearer ${userId}`, "content-type": "application/json" },
      body: JSON.stringify({ serverUrl: `${origin}/mcp`, serverName }),
    }).catch(() => undefined);
  }
  await Promise.all([connecting.stalled, discovering.stalled]);
  await cardOf(page, "Silent").getByText("Connecting", { exact: true }).waitFor();
  await cardOf(page, "Slow").getByText("Loading tools").waitFor();
  await other.kill9();
  const killed = performance.now();
  for (const name of ["Silent", "Slow"]) {
    await cardOf(page, name).getByText("Connecting was interrupted").waitFor({ timeout: 30_000 });
  }
  expect(performance.now() - killed).toBeLessThan(30_000);

  connecting.release();
  discovering.release();
  for (const name of ["Silent", "Slow"]) {
    await cardOf(page, name)
      .getByRole("button", { name: /again|connect/i })
      .click();
    await cardOf(page, name).getByText("Connected · 1 tool").waitFor();
  }
  expect(consoleErrors).toEqual([]);
});

test("an unfinished sign-in expires, and allowing it later changes nothing", async () => {
  const app = await startOn({ MCP_ATTEMPT_TTL_S: "4" });
  const { page, context } = await visit(app);
  const connect = () => demoCard(page, "Demo notes").getByRole("button", { name: "Connect" }).click();
  const popup = await openConsent(context, connect);
  const card = cardOf(page, "Demo notes");
  await card.getByText("The sign-in timed out").waitFor({ timeout: 15_000 });
  await card.getByText("Disconnected").waitFor();
  await popup.getByRole("button", { name: "Allow" }).click();
  await popup.getByText("This sign-in cannot be completed").waitFor();
  await popup.getByText(/has timed out|The sign-in timed out/).waitFor();
  await card.getByText("Disconnected").waitFor();
});
