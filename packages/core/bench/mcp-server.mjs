// A minimal MCP server (legacy era), so cheap that measurements show the client's cost. Sends its port to the parent.
import { createServer } from "node:http";

const text = "hello ".repeat(30);

const resultOf = ({ method }) => {
  if (method !== "initialize") return { content: [{ type: "text", text }] };
  return {
    protocolVersion: "2025-11-25",
    capabilities: { tools: {} },
    serverInfo: { name: "bench", version: "1" },
  };
};

const server = createServer(async (request, response) => {
  if (request.method !== "POST") return response.writeHead(405).end();
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const message = JSON.parse(Buffer.concat(chunks));
  if (message.method === "server/discover") return response.writeHead(400).end();
  if (message.id === undefined) return response.writeHead(202).end();
  const answer = JSON.stringify({ jsonrpc: "2.0", id: message.id, result: resultOf(message) });
  if (request.url === "/sse") {
    response.setHeader("content-type", "text/event-stream");
    return response.end(`event: message\ndata: ${answer}\n\n`);
  }
  response.setHeader("content-type", "application/json");
  return response.end(answer);
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => process.send(server.address().port));
