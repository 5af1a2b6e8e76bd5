import type { IncomingMessage, ServerResponse } from "node:http";
import { type BookkeepingServer, startLoopbackServer } from "@mcp-assistant/testing/servers";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { SSEServerTransport } from "@modelcontextprotocol/sdk/server/sse.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import * as z from "zod";

const metadataPath = "/.well-known/oauth-protected-resource";

/**
 * One origin with MCP servers of several people, made with the official SDK: Streamable HTTP at `/NAME/mcp` and below, and
 * HTTP+SSE at `/NAME/sse`, which takes its messages at `/messages`. They want a token of the issuer, or a key.
 */
export async function startSharedOrigin({ issuer, books }: Pick<BookkeepingServer, "issuer" | "books">) {
  const streams = new Map<string, SSEServerTransport>();
  let requests: { line: string; hasSecret: boolean }[] = [];
  let redirect: { from: string; to: string } | undefined;
  let endpoint: string | undefined;

  const server = await startLoopbackServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, search, searchParams } = new URL(`${server.origin}${request.url}`);
    if (pathname.startsWith("/.well-known/")) {
      const path = pathname.slice(metadataPath.length);
      const found = pathname.startsWith(`${metadataPath}/`);
      return void response
        .writeHead(found ? 200 : 404, { "content-type": "application/json" })
        .end(JSON.stringify({ resource: `${server.origin}${path}${search}`, authorization_servers: [issuer] }));
    }
    const { authorization = "", "x-api-key": key } = request.headers;
    requests.push({ line: `${request.method} ${request.url}`, hasSecret: authorization !== "" || key !== undefined });
    if (!books.isLive(authorization.replace("Bearer ", "")) && key !== "key") {
      const challenge = `Bearer resource_metadata="${server.origin}${metadataPath}${pathname}${search}"`;
      return void response.writeHead(401, { "www-authenticate": challenge }).end();
    }
    if (pathname === redirect?.from) return void response.writeHead(307, { location: redirect.to }).end();
    if (pathname === "/messages") {
      const stream = streams.get(searchParams.get("sessionId") ?? "");
      return stream ? stream.handlePostMessage(request, response) : void response.writeHead(404).end();
    }
    if (pathname.endsWith("/sse")) {
      if (request.method !== "GET") return void response.writeHead(405).end();
      if (endpoint !== undefined) {
        const head = { "content-type": "text/event-stream" };
        return void response.writeHead(200, head).write(`event: endpoint\ndata: ${endpoint}\n\n`);
      }
      const stream = new SSEServerTransport("/messages", response);
      streams.set(stream.sessionId, stream);
      return echoServer().connect(stream);
    }
    if (request.method !== "POST") return void response.writeHead(405).end();
    const transport = new StreamableHTTPServerTransport({});
    // The SDK's own class does not fit its interface with exactOptionalPropertyTypes.
    await echoServer().connect(transport as Transport);
    await transport.handleRequest(request, response);
  }

  return {
    origin: server.origin,
    host: server.host,
    /** Method, path and query of every MCP request. */
    requests: () => requests.map(({ line }) => line),
    /** Those that carried a token or a key. */
    withSecret: () => requests.filter(({ hasSecret }) => hasSecret).map(({ line }) => line),
    redirect: (from: string, to: string) => {
      redirect = { from, to };
    },
    /** From now on, the HTTP+SSE servers name another address for messages, and answer nothing. */
    nameEndpoint: (named: string) => {
      endpoint = named;
    },
    reset: () => {
      requests = [];
      redirect = undefined;
      endpoint = undefined;
    },
    close: () => server.close(),
  };
}

function echoServer(): McpServer {
  const server = new McpServer({ name: "echo", version: "1.0.0" });
  server.registerTool("echo", { inputSchema: { text: z.string() } }, ({ text }) => ({
    content: [{ type: "text", text: `You said ${text}` }],
  }));
  return server;
}
