// Two MCP servers of the official SDKs, one for each era, with a tool `echo`. Sends their URLs to the parent.
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import * as z from "zod";

/** The transport sessions of the legacy server by their id. */
const transports = new Map();

async function begin() {
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    enableJsonResponse: true,
    onsessioninitialized: (id) => transports.set(id, transport),
    onsessionclosed: (id) => transports.delete(id),
  });
  const server = new McpServer({ name: "bench", version: "1.0.0" });
  server.registerTool("add", { inputSchema: { a: z.number(), b: z.number() } }, ({ a, b }) => ({
    content: [{ type: "text", text: `${a + b}` }],
  }));
  await server.connect(transport);
  return transport;
}

const legacy = createServer(async (request, response) => {
  const body = request.method === "POST" ? await json(request) : undefined;
  const transport = transports.get(request.headers["mcp-session-id"]);
  if (transport) return transport.handleRequest(request, response, body);
  if (body?.method === "initialize") return (await begin()).handleRequest(request, response, body);
  return response.writeHead(400).end();
});
legacy.keepAliveTimeout = 60_000;
legacy.listen(0, "127.0.0.1", async () => {
  const modern = await startModernServer({ legacy: "reject" });
  process.send({ legacy: `http://127.0.0.1:${legacy.address().port}/mcp`, modern: modern.url });
});
process.on("disconnect", () => process.exit(0));
