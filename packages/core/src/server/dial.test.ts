import type { IncomingMessage, ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import { expect, onTestFinished, test } from "vitest";
import { appFor, outdateTokens, signedIn, storedCredentials } from "../authorization/sign-in/sign-in.fixture.js";
import { createMcp } from "../create-mcp.js";
import { someUser } from "../samples.fixture.js";

const tool = { name: "wait", inputSchema: { type: "object" } };
const results: Record<string, unknown> = {
  initialize: {
    protocolVersion: "2025-11-25",
    capabilities: { tools: {} },
    serverInfo: { name: "polled", version: "1.0.0" },
  },
  "tools/list": { tools: [tool] },
};

/** A legacy server that ends the stream of each call immediately and sends the answer when it is resumed (SEP-1699). */
async function startPolledServer() {
  const streams: (string | undefined)[] = [];
  let called: unknown;
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    if (request.method === "GET") {
      const id = request.headers["last-event-id"];
      streams.push(id?.toString());
      response.writeHead(200, { "content-type": "text/event-stream" });
      const result = { content: [{ type: "text", text: "resumed" }] };
      return void response.end(`id: two\ndata: ${JSON.stringify({ jsonrpc: "2.0", id: called, result })}\n\n`);
    }
    if (request.method !== "POST") return void response.writeHead(405).end();
    const { id, method } = (await json(request)) as { id?: unknown; method: string };
    if (id === undefined) return void response.writeHead(202).end();
    if (method === "tools/call") {
      called = id;
      return void response
        .writeHead(200, { "content-type": "text/event-stream" })
        .end("id: one\nretry: 10\ndata: \n\n");
    }
    const known = results[method];
    const message = known ? { result: known } : { error: { code: -32601, message: "Method not found" } };
    response
      .writeHead(200, { "content-type": "application/json" })
      .end(JSON.stringify({ jsonrpc: "2.0", id, ...message }));
  };
  const server = await startLoopbackServer((request, response) => void answer(request, response));
  onTestFinished(server.close);
  return { ...server, streams };
}

test("a call whose stream the server ends gets its answer by resuming the stream, and opens no standalone stream", async () => {
  const { origin, host, streams } = await startPolledServer();
  const mcp = createMcp({ storage: "memory", baseUrl: "http://127.0.0.1:9", outbound: { allowHosts: [host] } });
  const userId = someUser();
  const { sessionId, state } = await mcp.forUser(userId).connect({ serverUrl: `${origin}/mcp` });
  expect(state).toBe("CONNECTED");
  const client = mcp.forUser(userId).client(sessionId);
  onTestFinished(() => client.close());
  expect(await client.callTool("wait")).toMatchObject({ content: [{ type: "text", text: "resumed" }] });
  expect(streams).toEqual(["one"]);
});

test("a timeout while waiting for new tokens blames the authorization server and keeps the sign-in", async () => {
  const server = await startOauthServer();
  const mcp = appFor(server, { limits: { requestTimeout: 400 } });
  onTestFinished(async () => {
    await mcp.close();
    await server.close();
  });
  const session = await signedIn(mcp, server);
  await outdateTokens(session);
  const { store, owner, credentials } = await storedCredentials(session);
  await store.takeTurn(owner, credentials, { by: "a process that died", life: 1_000 });
  const client = mcp.forUser(session.userId).client(session.sessionId);
  onTestFinished(() => client.close());
  await expect(client.callTool("search_notes", { query: "milk" })).rejects.toMatchObject({
    code: "SERVER_UNREACHABLE",
    message: `${new URL(server.issuer).host} did not renew the sign-in within 0.4 s`,
    retryable: true,
  });
  await expect
    .poll(() => client.callTool("search_notes", { query: "milk" }).catch(() => "not yet"))
    .toMatchObject({ structuredContent: { notes: [] } });
});
