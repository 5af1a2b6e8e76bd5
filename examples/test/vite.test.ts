import { eventually } from "@mcp-assistant/testing/eventually";
import { freePort } from "@mcp-assistant/testkit/ports";
import { createServer, type ProxyOptions } from "vite";
import { expect, onTestFinished, test } from "vitest";
import config from "../vite/vite.config.js";
import { startExample, useExamples } from "./start.fixture.js";

useExamples();

const { "/api": ours } = config.server?.proxy ?? {};

/** Our proxy settings with the port of a running server. */
const withTarget = (proxy: string | ProxyOptions | undefined, target: string) =>
  typeof proxy === "string" ? target : { ...proxy, target };

test.each([
  ["as in the example, a sign-in starts", ours, 404, "Connection not found"],
  ["in the short form, the sign-in page names the setting", "short", 400, "changeOrigin: false in Vite"],
])("behind Vite %s, and the stream is live", async (_how, proxy, status, text) => {
  const [port, vitePort] = [await freePort(), await freePort()];
  const origin = `http://localhost:${vitePort}`;
  const app = await startExample("node-http", { PORT: String(port), APP_URL: origin, DEMO_USER: "ada" });
  onTestFinished(async () => void (await app.stop()));
  const vite = await createServer({
    configFile: false,
    logLevel: "silent",
    root: new URL("../vite", import.meta.url).pathname,
    server: { port: vitePort, proxy: { "/api": withTarget(proxy, `http://127.0.0.1:${port}`) } },
    optimizeDeps: { noDiscovery: true },
  });
  await vite.listen();
  onTestFinished(() => vite.close());

  const page = await fetch(`${origin}/api/mcp/auth/start?session=unknown`);
  expect([page.status, await page.text()]).toEqual([status, expect.stringContaining(text)]);

  const gone = new AbortController();
  onTestFinished(() => gone.abort());
  const { body } = await fetch(`${origin}/api/mcp/trpc/mcp.events.subscribe`, { signal: gone.signal });
  let heard = "";
  const read = async () => {
    for await (const chunk of body ?? []) heard += Buffer.from(chunk).toString();
  };
  read().catch(() => undefined);
  await eventually(() => heard.includes('"reset"'), { timeout: 15_000 });
});
