import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import * as z from "zod";

export interface StatefulServerOptions {
  /** Whether answers are JSON documents instead of event streams. */
  isJson?: boolean;
  /** How it refuses a session that it does not know. */
  refusal?: 404 | 400;
  /** What happens before it refuses a call of a session that it does not know. */
  beforeRefusal?: () => Promise<unknown>;
  /** What happens before it answers `initialize`. */
  beforeBegin?: () => Promise<unknown>;
}

/**
 * The protocol's own server, of the legacy era: with an `Mcp-Session-Id`, and a count of calls in each session. Requests
 * are noted by their method and the session that they name.
 */
export async function startStatefulServer({
  isJson = false,
  refusal = 404,
  beforeRefusal = async () => undefined,
  beforeBegin = async () => undefined,
}: StatefulServerOptions = {}) {
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  const requests: { what: string; session: string | undefined; id: unknown }[] = [];
  const begin = async () => {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      enableJsonResponse: isJson,
      onsessioninitialized: (id) => void sessions.set(id, transport),
      onsessionclosed: (id) => void sessions.delete(id),
    });
    await countingServer().connect(transport);
    return transport;
  };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const session = request.headers["mcp-session-id"]?.toString();
    const body = request.method === "POST" ? ((await json(request)) as { method: string; id?: unknown }) : undefined;
    requests.push({ what: body?.method ?? String(request.method), session, id: body?.id });
    const transport = session === undefined ? undefined : sessions.get(session);
    if (transport) return transport.handleRequest(request, response, body);
    if (body?.method === "initialize") await beforeBegin();
    if (body?.method === "initialize") return (await begin()).handleRequest(request, response, body);
    if (body?.method === "tools/call") await beforeRefusal();
    const error = { code: -32_000, message: "Bad Request: No valid session ID provided" };
    response.writeHead(session === undefined ? 400 : refusal, { "content-type": "application/json" });
    response.end(JSON.stringify({ jsonrpc: "2.0", error, id: null }));
  };
  const server = await startLoopbackServer((request, response) => void answer(request, response));
  return {
    ...server,
    url: `${server.origin}/mcp`,
    hosts: [server.host],
    /** What it was asked since the last time. */
    takeRequests: () => requests.splice(0),
    /** The sessions that are open. */
    open: () => [...sessions.keys()],
    /** Forgets all sessions, like a server that was restarted. */
    forget: () => sessions.clear(),
  };
}

function countingServer(): McpServer {
  const server = new McpServer({ name: "Counting", version: "1.0.0" }, { instructions: "Count with it." });
  let calls = 0;
  const outputSchema = { text: z.string(), calls: z.number() };
  server.registerTool(
    "echo",
    { inputSchema: { text: z.string(), ms: z.number().optional() }, outputSchema },
    async ({ text, ms = 0 }) => {
      calls += 1;
      const structuredContent = { text, calls };
      if (ms > 0) await pause(ms);
      return { content: [{ type: "text", text: JSON.stringify(structuredContent) }], structuredContent };
    },
  );
  return server;
}
