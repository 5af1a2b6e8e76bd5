interface Message {
  id?: unknown;
  method?: string;
  params?: { protocolVersion?: unknown; name?: unknown };
}

/**
 * The answer of an MCP server of the legacy era to a message: the handshake, its tools, or a call, which returns the
 * tool's name. Undefined for a notification.
 */
export function answerLegacyMcp(
  { id, method = "", params }: Message,
  { name, tools }: { name: string; tools: readonly string[] },
): unknown {
  if (id === undefined) return undefined;
  const results: Record<string, unknown> = {
    initialize: {
      protocolVersion: params?.protocolVersion,
      capabilities: { tools: {} },
      serverInfo: { name, version: "1.0.0" },
    },
    "tools/list": { tools: tools.map((tool) => ({ name: tool, inputSchema: { type: "object" } })) },
    "tools/call": { content: [{ type: "text", text: String(params?.name) }] },
  };
  const result = results[method];
  const outcome = result ? { result } : { error: { code: -32601, message: "Method not found" } };
  return { jsonrpc: "2.0", id, ...outcome };
}
