// Every state that a connection can be in, and what a page says.
import type { McpConnectionState } from "@mcp-assistant/mcp-redis/shared";

export const meanings: Readonly<Record<McpConnectionState, string>> = {
  DISCONNECTED: "Not connected",
  CONNECTING: "Initial connection attempt",
  AUTHENTICATING: "OAuth flow in progress",
  AUTHENTICATED: "OAuth complete",
  DISCOVERING: "Fetching tools",
  CONNECTED: "Fully connected with tools",
  VALIDATING: "Validating existing session",
  RECONNECTING: "Attempting reconnect",
  FAILED: "Connection error",
};
