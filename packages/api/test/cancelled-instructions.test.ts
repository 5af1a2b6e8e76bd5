import type { IncomingMessage, ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { answerLegacyMcp, startLoopbackServer } from "@mcp-assistant/testing/servers";
import { expect, onTestFinished, test, vi } from "vitest";
import { appOfAda } from "./app-of-ada.js";

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
  onTestFinished(server.close);
  const { origin, sessionId } = await appOfAda({ url: `${server.origin}/mcp`, host: server.host });
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
