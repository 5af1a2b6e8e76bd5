// Everything that useMcp returns, and all of its options.
"use client";

import { useMcp } from "@mcp-assistant/mcp-redis/client";

/** `log` writes a line to wherever the page shows what happens. */
export function useMyConnections({ userId, authToken, log }: Props) {
  const {
    // State
    connections, // Array of all connections
    status, // SSE connection status
    isInitializing, // Loading initial sessions

    // Actions
    connect, // Connect to a new MCP server
    disconnect, // Disconnect from a server
    refresh, // Reload all sessions
    connectSSE, // Manually connect SSE
    disconnectSSE, // Manually disconnect SSE

    // Utilities
    getConnection, // Get connection by sessionId
    getConnectionByServerId, // Get connection by serverId
    isServerConnected, // Check if server is connected
    getTools, // Get tools for a session
  } = useMcp({
    url: "/api/mcp/sse",
    userId,
    authToken,
    autoConnect: true, // Auto-connect SSE on mount
    autoInitialize: true, // Auto-load sessions on mount
    onConnectionEvent: (event) => {
      // Handle connection events
      log(`Connection event: ${event.type}`);
    },
    onLog: (level, message, metadata) => {
      // Handle debug logs
      log(`[${level}] ${message} ${JSON.stringify(metadata)}`);
    },
  });

  return {
    state: { connections, status, isInitializing },
    actions: { connect, disconnect, refresh, connectSSE, disconnectSSE },
    utilities: { getConnection, getConnectionByServerId, isServerConnected, getTools },
  };
}

interface Props {
  userId: string;
  authToken?: string;
  log: (line: string) => void;
}
