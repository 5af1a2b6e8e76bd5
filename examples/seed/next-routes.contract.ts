import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { eventually } from "@mcp-assistant/testing/eventually";
import { freePort } from "@mcp-assistant/testkit/ports";
import type { StartedProcess } from "@mcp-assistant/testkit/processes";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { post } from "./sse-endpoint.contract.js";

const authorization = "Bearer token-of-ada";

const textOf = (example: string) => readFile(join(import.meta.dirname, example), "utf8");

/** The text of an example for the folder where its first line says that it belongs, `up` from the app's own. */
async function placed(example: string, up: string): Promise<string> {
  return (await textOf(example)).replace('"./auth.js"', `"${up}auth"`);
}

/** The routes for Next.js of both routers, by their paths in an app. */
export const seedRoutes: Record<string, () => Promise<string>> = {
  "auth.ts": () => textOf("auth.ts"),
  "pages/api/old/sse.ts": () => placed("08-pages-route.ts", "../../../"),
  "app/api/mcp/sse/route.ts": () => placed("19-app-route.ts", "../../../../"),
};

/** `start` starts an app with {@link seedRoutes} in Next.js itself. */
export function nextRoutesContract(start: (env: Record<string, string>) => Promise<StartedProcess>): void {
  describe("the routes of the seed", () => {
    let modern: Awaited<ReturnType<typeof startModernServer>>;
    let redis: Awaited<ReturnType<typeof startRedis>>;
    let app: StartedProcess | undefined;
    let origin: string;

    beforeAll(async () => {
      [modern, redis] = await Promise.all([startModernServer(), startRedis()]);
      const port = await freePort();
      origin = `http://127.0.0.1:${port}`;
      app = await start({
        PORT: String(port),
        REDIS_URL: redis.url,
        MCP_ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, "key").toString("base64")}`,
        APP_URL: origin,
        MCP_ALLOW_HOSTS: modern.hosts.join(),
      });
    }, 600_000); // Next.js is built first
    afterAll(async () => {
      await app?.stop();
      await Promise.all([modern?.close(), redis?.stop()]);
    });

    test.each(["/api/old/sse", "/api/mcp/sse"])(
      "Next.js itself streams events and answers calls at %s",
      async (path) => {
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
      },
    );
  });
}
