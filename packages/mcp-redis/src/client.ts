"use client";

export type { SSEClientOptions } from "@mcp-assistant/client";
export { SSEClient } from "@mcp-assistant/client";
export type {
  ActionOptions,
  ConnectOutcome,
  EventSourceConstructor,
  McpConnection,
  McpLogLevel,
  McpProviderProps,
  RecentEvent,
  SignInWindow,
  StreamStatus,
  ToolArguments,
  ToolCall,
  UseCallToolResult,
  UseConnectionEventsOptions,
  UseConnectionsOptions,
  UseMcpOptions,
  UseMcpResult,
  UseMcpStreamResult,
  UseToolsOptions,
} from "@mcp-assistant/react";
export {
  McpProvider,
  useCallTool,
  useConnect,
  useConnection,
  useConnectionEvents,
  useConnections,
  useDisconnect,
  useMcp,
  useMcpStream,
  useReconnect,
  useRemove,
  useSignIn,
  useSignOut,
  useTools,
} from "@mcp-assistant/react";
