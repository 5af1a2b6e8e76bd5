import type { Connection, ToolInfo } from "@mcp-assistant/protocol";

/** A connection, and its tools. */
export interface McpConnection extends Connection {
  /** As last listed. Empty until they are loaded, and while the server has none. */
  tools: ToolInfo[];
}

const made = new WeakMap<Connection, McpConnection>();

const noTools: readonly ToolInfo[] = [];

/** The same connection with the same tools gives the same object, so that only what changes renders again. */
export function withTools(connection: Connection, tools: readonly ToolInfo[] = noTools): McpConnection {
  const known = made.get(connection);
  if (known?.tools === tools) return known;
  const result: McpConnection = { ...connection, tools: tools as ToolInfo[] };
  made.set(connection, result);
  return result;
}
