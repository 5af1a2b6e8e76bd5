// A page of a user's connections, without a provider.
"use client";

import { useMcp } from "@mcp-assistant/mcp-redis/client";

export function MyComponent({
  userId,
  authToken,
  serverUrl,
}: {
  userId: string;
  authToken: string;
  serverUrl: string;
}) {
  const { connections, status, connect, disconnect, isInitializing } = useMcp({
    url: "/api/mcp/sse",
    userId, // keeps the users of one browser apart, and is never sent
    authToken, // Optional: sent as a header, never in an address
    autoConnect: true,
    autoInitialize: true,
  });

  const handleConnect = async () => {
    const sessionId = await connect({
      serverId: "my-server-id",
      serverName: "My MCP Server",
      serverUrl,
      callbackUrl: `${window.location.origin}/oauth/callback`, // one of the callbackUrls of createMcp
      transportType: "sse", // tried first
    });
    console.log("Connected with session:", sessionId);
  };

  return (
    <div>
      <h2>MCP Connections</h2>
      <p>SSE Status: {status}</p>
      <button type="button" onClick={handleConnect}>
        Connect to Server
      </button>

      {isInitializing && <p>Loading sessions...</p>}

      {connections.map((conn) => (
        <div key={conn.sessionId}>
          <h3>{conn.serverName}</h3>
          <p>State: {conn.state}</p>
          <p>Tools: {conn.tools.length}</p>
          {conn.state === "CONNECTED" && (
            <button type="button" onClick={() => disconnect(conn.sessionId)}>
              Disconnect
            </button>
          )}
        </div>
      ))}
    </div>
  );
}
