import { createServer } from "node:http";
import { apiResolver } from "next/dist/server/api-utils/node/api-resolver.js";
import { expect, onTestFinished, test } from "vitest";
import * as route from "./08-pages-route.js";
import { openApp } from "./app.fixture.js";
import { originOf, post, sseEndpointContract } from "./sse-endpoint.contract.js";

/** Next.js's own code that calls a route of the pages router, without the build around it. */
const start = async () => {
  const preview = { previewModeId: "", previewModeEncryptionKey: "", previewModeSigningKey: "" };
  const server = createServer((req, res) => {
    const query = Object.fromEntries(new URL(req.url ?? "/", "http://localhost").searchParams);
    void apiResolver(req, res, query, route, { ...preview, dev: false }, false);
  });
  return `${await originOf(server.listen(0))}/api/mcp/sse`;
};

sseEndpointContract(start);

test("onAuth keeps a signed-in user out", async () => {
  openApp([]);
  route.suspended.add("grace");
  onTestFinished(() => void route.suspended.delete("grace"));
  const authorization = "Bearer token-of-grace";
  const answer = await post(await start(), { id: "1", method: "getSessions" }, { authorization });
  expect(answer.status).toBe(403);
  expect(await answer.json()).toMatchObject({ error: { code: "ACCESS_DENIED" } });
});
