import { type LoopbackServer, startLoopbackServer } from "@mcp-assistant/testing/servers";

/**
 * A hand-written MCP server of the legacy era. Its one tool has a schema of `size` characters in a `const`: unlike
 * texts, values that are compared are not cut.
 */
export function startLargeMcpServer(size: number): Promise<LoopbackServer> {
  const large = { type: "string", const: "x".repeat(size) };
  const tool = { name: "large", inputSchema: { type: "object", properties: { large } } };
  return startLoopbackServer(async (request, response) => {
    if (request.method !== "POST") return void response.writeHead(405).end();
    let body = "";
    for await (const chunk of request) body += chunk;
    const { id, method, params } = JSON.parse(body);
    if (id === undefined) return void response.writeHead(202).end();
    const results: Record<string, unknown> = {
      initialize: {
        protocolVersion: params?.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: "large", version: "1.0.0" },
      },
      "tools/list": { tools: [tool] },
    };
    const result = results[method];
    const message = result ? { result } : { error: { code: -32601, message: "Method not found" } };
    response
      .writeHead(200, { "content-type": "application/json" })
      .end(JSON.stringify({ jsonrpc: "2.0", id, ...message }));
  });
}
