import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { createMcp } from "@mcp-assistant/core";
import { answerLegacyMcp, startLoopbackServer } from "@mcp-assistant/testing/servers";
import { freePort } from "@mcp-assistant/testkit/ports";
import { expect, onTestFinished, test, vi } from "vitest";
import { createMcpHandler, toNodeHandler } from "../src/index.js";

/** An app with a connection whose server no longer answers, and the requests that then wait there. */
async function connected() {
  const waiting: ServerResponse[] = [];
  let isMute = false;
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    if (request.method !== "POST") return void response.writeHead(405).end();
    const message = (await json(request)) as { method: string };
    if (isMute) return void waiting.push(response);
    const usual = answerLegacyMcp(message, { name: "mute", tools: ["one"] });
    if (usual === undefined) return void response.writeHead(202).end();
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(usual));
  };
  const server = await startLoopbackServer((request, response) => void answer(request, response));
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const mcp = createMcp({
    ...{ storage: "memory", baseUrl: origin, logger: null },
    outbound: { allowHosts: [server.host] },
  });
  const app = createServer(toNodeHandler(createMcpHandler({ mcp, userId: () => "ada" })));
  await new Promise<void>((resolve) => app.listen(port, "127.0.0.1", resolve));
  onTestFinished(async () => {
    app.closeAllConnections();
    app.close();
    await mcp.close();
    await server.close();
  });
  const { sessionId } = await mcp.forUser("ada").connect({ serverUrl: `${server.origin}/mcp` });
  isMute = true;
  return { sessionId, waiting, origin };
}

test.each<[string, (sessionId: string) => { path: string; body?: unknown }]>([
  [
    "tRPC",
    (sessionId) => ({
      path: `/trpc/mcp.connections.instructions?input=${encodeURIComponent(JSON.stringify({ sessionId }))}`,
    }),
  ],
  ["REST", (sessionId) => ({ path: `/connections/${sessionId}/instructions` })],
  ["SSE RPC", (sessionId) => ({ path: "/sse", body: { id: "1", method: "instructions", params: { sessionId } } })],
])("a browser that gives up waiting for instructions over %s ends the handshake", async (_, asked) => {
  const { sessionId, waiting, origin } = await connected();
  const { path, body } = asked(sessionId);
  const browser = new AbortController();
  const answer = fetch(`${origin}/api/mcp${path}`, {
    method: body ? "POST" : "GET",
    headers: { "content-type": "application/json", origin },
    ...(body ? { body: JSON.stringify(body) } : {}),
    signal: browser.signal,
  });
  await vi.waitFor(() => expect(waiting).toHaveLength(1));
  browser.abort();
  await expect(answer).rejects.toThrow();
  // Sooner than `connectTimeout` ends it.
  await vi.waitFor(() => expect(waiting[0]?.destroyed).toBe(true), 5_000);
});
