import { type ToolInfo, type ToolResult, toolInfoSchema, toolResultSchema } from "@mcp-assistant/protocol";
import type { CallToolResult, Tool } from "@modelcontextprotocol/client";

/** A server's tool in our own words: nothing of the SDK's types goes beyond this folder and `connection/`. */
export function toToolInfo(tool: Tool): ToolInfo {
  return toolInfoSchema.parse(tool);
}

export function toToolResult(result: CallToolResult): ToolResult {
  return toolResultSchema.parse(result);
}

/** Back to the SDK, which checks a result against the tool's output schema. */
export function toSdkTool({ inputSchema, outputSchema, name }: ToolInfo): Tool {
  return {
    name,
    inputSchema: { ...inputSchema, type: "object" },
    ...(outputSchema ? { outputSchema: { ...outputSchema, type: "object" } } : {}),
  };
}
