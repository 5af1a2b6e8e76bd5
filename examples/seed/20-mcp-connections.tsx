// app/components/mcp-connections.tsx of Next.js's app router.
"use client";

import { useMcp } from "@mcp-assistant/mcp-redis/client";

export function McpConnections({ userId, serverUrl }: { userId: string; serverUrl: string }) {
  const { connections, connect, disconnect, status } = useMcp({
    // Without ?userId=…: the app's own cookie says who asks, and an address must not.
    url: "/api/mcp/sse",
    userId,
  });

  return (
    <div>
      <h2>MCP Connections ({status})</h2>
      <button type="button" onClick={() => connect({ serverUrl })}>
        Connect
      </button>
      {connections.map((conn) => (
        <div key={conn.sessionId}>
          <h3>{conn.serverName}</h3>
          <p>State: {conn.state}</p>
          <p>Tools: {conn.tools.length}</p>
          <button type="button" onClick={() => disconnect(conn.sessionId)}>
            Disconnect
          </button>
        </div>
      ))}
    </div>
  );
}
