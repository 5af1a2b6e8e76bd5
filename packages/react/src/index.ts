"use client";

export type { SignInWindow } from "./actions/authorization-popup.js";
export type { ConnectionActions, ConnectOutcome } from "./actions/connection-actions.js";
export type { EventSourceConstructor, LinkOptions } from "./app/links.js";
export type { RecentEvent } from "./cache/connections-cache.js";
export type { McpProviderProps } from "./provider.js";
export { McpProvider } from "./provider.js";
export type { StreamStatus } from "./stream/stream-state.js";
export type { ToolCall, UseCallToolResult } from "./use-call-tool.js";
export { useCallTool } from "./use-call-tool.js";
export type { UseConnectionEventsOptions } from "./use-connection-events.js";
export { useConnectionEvents } from "./use-connection-events.js";
export type { UseMcpResult } from "./use-mcp.js";
export { useMcp } from "./use-mcp.js";
export type { UseToolsResult } from "./use-tools.js";
export { useTools } from "./use-tools.js";
