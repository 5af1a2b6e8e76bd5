"use client";

export type {
  ConnectionActions,
  ConnectOutcome,
  EventSourceConstructor,
  LinkOptions,
  RecentEvent,
  SignInWindow,
  StreamStatus,
  ToolCall,
} from "@mcp-assistant/client";
export type { McpProviderProps } from "./provider.js";
export { McpProvider } from "./provider.js";
export type { UseCallToolResult } from "./use-call-tool.js";
export { useCallTool } from "./use-call-tool.js";
export type { UseConnectionEventsOptions } from "./use-connection-events.js";
export { useConnectionEvents } from "./use-connection-events.js";
export type { UseMcpResult } from "./use-mcp.js";
export { useMcp } from "./use-mcp.js";
export type { UseToolsResult } from "./use-tools.js";
export { useTools } from "./use-tools.js";
