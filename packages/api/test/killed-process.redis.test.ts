import { randomUUID } from "node:crypto";
import { startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { startStallingMcpServer } from "@mcp-assistant/testing/servers";
import type {} from "@mcp-assistant/testkit/provided-context";
import { inject, type TestContext, test } from "vitest";
import { type AppOptions, clientOf, follow, startApp } from "./app.js";

async function start({ onTestFinished }: TestContext, options: Omit<AppOptions, "storage">) {
  const app = await startApp({ storage: inject("redisUrl"), ...options });
  onTestFinished(async () => void (await app.stop()));
  return app;
}

/** Opens a page's stream and waits for its snapshot. */
async function open({ onTestFinished }: TestContext, origin: string, user: string) {
  const stream = follow(origin, user);
  onTestFinished(stream.stop);
  await stream.until(({ type }) => type === "reset");
  return stream;
}

for (const [state, method] of [
  ["CONNECTING", "initialize"],
  ["DISCOVERING", "tools/list"],
] as const) {
  const name = `a session whose process is killed in ${state} fails automatically, live on the page, and can reconnect`;
  test.concurrent(name, async (context) => {
    const { expect, onTestFinished } = context;
    const user = `user-${randomUUID()}`;
    const server = await startStallingMcpServer(method);
    onTestFinished(server.close);
    const page = await start(context, { allowHosts: [server.host] });
    const dies = await start(context, { allowHosts: [server.host], baseUrl: page.origin });
    const stream = await open(context, page.origin, user);

    const { connections } = clientOf(dies.origin, user);
    const answer = connections.connect.mutate({ serverUrl: `${server.origin}/mcp` }).catch(() => "no answer");
    await server.stalled;
    await stream.until((event) => event.type === "state_changed" && event.state === state);
    await dies.kill9();
    expect(await answer).toBe("no answer");

    const failed = await stream.until((event) => event.type === "state_changed" && event.state === "FAILED", 30_000);
    expect(failed).toMatchObject({ connection: { error: { code: "INTERRUPTED" }, active: true } });

    server.release();
    const sessionId = failed.sessionId ?? "";
    const again = await clientOf(page.origin, user).connections.reconnect.mutate({ sessionId });
    expect(again).toMatchObject({ state: "CONNECTED", error: null });
  });
}

test.concurrent("an abandoned sign-in ends in DISCONNECTED, live on the page", async (context) => {
  const { expect, onTestFinished } = context;
  const user = `user-${randomUUID()}`;
  const notes = await startOauthServer();
  onTestFinished(notes.close);
  const page = await start(context, { allowHosts: notes.hosts, attemptTtl: 2 });
  const stream = await open(context, page.origin, user);
  await clientOf(page.origin, user).connections.connect.mutate({ serverUrl: notes.url });
  const ended = await stream.until(({ type }) => type === "disconnected", 10_000);
  expect(ended).toMatchObject({ reason: "The sign-in timed out" });
  const [connection] = await clientOf(page.origin, user).connections.list.query();
  expect(connection).toMatchObject({ state: "DISCONNECTED", authUrl: null });
});
