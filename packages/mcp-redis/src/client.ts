"use client";

export type { SSEClientOptions, SSEClientStatus } from "@mcp-assistant/client";
export { SSEClient } from "@mcp-assistant/client";
export type {
  ConnectionActions,
  ConnectOutcome,
  EventSourceConstructor,
  McpProviderProps,
  RecentEvent,
  SignInWindow,
  StreamStatus,
  ToolCall,
  UseCallToolResult,
  UseConnectionEventsOptions,
  UseMcpResult,
  UseToolsResult,
} from "@mcp-assistant/react";
export { McpProvider, useCallTool, useConnectionEvents, useMcp, useTools } from "@mcp-assistant/react";
