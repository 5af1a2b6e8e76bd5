"use client";

export type {
  ConnectOutcome,
  EventSourceConstructor,
  LinkOptions,
  PromptRequest,
  RecentEvent,
  SignInWindow,
  StreamStatus,
  ToolCall,
} from "@mcp-assistant/client";
export type { McpConnection } from "./mcp-connection.js";
export type { McpProviderProps } from "./provider.js";
export { McpProvider } from "./provider.js";
export type { UseOfferedOptions } from "./query/offered-options.js";
export type { ToolArguments, UseCallToolResult } from "./use-call-tool.js";
export { useCallTool } from "./use-call-tool.js";
export type { McpLogLevel } from "./use-callbacks.js";
export type { ActionOptions } from "./use-connection-actions.js";
export {
  useConnect,
  useDisconnect,
  useReconnect,
  useRemove,
  useRename,
  useSignIn,
  useSignOut,
} from "./use-connection-actions.js";
export type { UseConnectionEventsOptions } from "./use-connection-events.js";
export { useConnectionEvents } from "./use-connection-events.js";
export type { UseConnectionsOptions } from "./use-connections.js";
export { useConnection, useConnections } from "./use-connections.js";
export { useFollowResource } from "./use-follow-resource.js";
export type { UseMcpOptions, UseMcpResult } from "./use-mcp.js";
export { useMcp } from "./use-mcp.js";
export type { UseMcpStreamResult } from "./use-mcp-stream.js";
export { useMcpStream } from "./use-mcp-stream.js";
export type { Complete } from "./use-prompt-actions.js";
export { useComplete, useGetPrompt } from "./use-prompt-actions.js";
export { useInstructions, usePrompts, useResource, useResources, useResourceTemplates } from "./use-resources.js";
export type { UseToolsOptions } from "./use-tools.js";
export { useTools } from "./use-tools.js";
