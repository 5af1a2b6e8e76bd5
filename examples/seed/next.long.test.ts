import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { eventually } from "@mcp-assistant/testing/eventually";
import { freePort } from "@mcp-assistant/testkit/ports";
import { startProcess } from "@mcp-assistant/testkit/processes";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { post } from "./sse-endpoint.contract.js";

const next = createRequire(import.meta.url).resolve("next/dist/bin/next");
const authorization = "Bearer token-of-ada";

let modern: Awaited<ReturnType<typeof startModernServer>>;
let redis: Awaited<ReturnType<typeof startRedis>>;
let app: Awaited<ReturnType<typeof startProcess>>;
let folder: string;
let origin: string;

/** Puts an example where its first line says that it belongs. */
async function place(example: string, path: string) {
  const text = await readFile(join(import.meta.dirname, example), "utf8");
  await mkdir(dirname(join(folder, path)), { recursive: true });
  const up = "../".repeat(path.split("/").length - 1);
  await writeFile(join(folder, path), text.replace('"./auth.js"', `"${up || "./"}auth"`));
}

beforeAll(async () => {
  folder = await mkdtemp(join(import.meta.dirname, ".run-next-"));
  [modern, redis] = await Promise.all([startModernServer(), startRedis()]);
  await place("auth.ts", "auth.ts");
  await place("08-pages-route.ts", "pages/api/old/sse.ts");
  await place("19-app-route.ts", "app/api/mcp/sse/route.ts");
  const port = await freePort();
  origin = `http://127.0.0.1:${port}`;
  const always = { NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" };
  const build = await startProcess({ command: process.execPath, cwd: folder, args: [next, "build"], env: always });
  if ((await build.exited) !== 0) throw new Error(`next build failed:\n${build.output()}`);
  app = await startProcess({
    command: process.execPath,
    cwd: folder,
    args: [next, "start", "-H", "127.0.0.1", "-p", String(port)],
    env: {
      ...always,
      REDIS_URL: redis.url,
      MCP_ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, "key").toString("base64")}`,
      APP_URL: origin,
      MCP_ALLOW_HOSTS: modern.hosts.join(),
    },
    readyLine: /Ready in/,
    readyTimeoutMs: 120_000,
  });
}, 300_000);
afterAll(async () => {
  await app?.stop();
  await Promise.all([modern?.close(), redis?.stop()]);
  await rm(folder, { recursive: true });
});

test.each(["/api/old/sse", "/api/mcp/sse"])("Next.js itself streams events and answers calls at %s", async (path) => {
  const url = `${origin}${path}`;
  const gone = new AbortController();
  let text = "";
  const { status, body } = await fetch(url, { headers: { authorization }, signal: gone.signal });
  expect(status).toBe(200);
  const read = async () => {
    for await (const piece of (body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) text += piece;
  };
  read().catch(() => undefined);
  await eventually(() => text.includes('data: {"type":"reset"'));
  const params = { serverUrl: modern.url, serverId: path.replaceAll("/", "_") };
  const connected = await post(url, { id: "1", method: "connect", params }, { authorization });
  expect(await connected.json()).toMatchObject({ id: "1", result: { state: "CONNECTED" } });
  await eventually(() => text.includes('"type":"tools_discovered"'));
  gone.abort();

  const stranger = await fetch(url);
  expect(stranger.status).toBe(401);
  expect((await post(url, { id: "1", method: "getSessions" })).status).toBe(401);
});
