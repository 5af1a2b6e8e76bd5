import { type UseMcpResult, useMcp } from "@mcp-assistant/mcp-redis/client";
import { useState } from "react";
import { show } from "./show";

const logged: string[] = [];

/** The user's server, as the test has put it into the address. */
const serverUrl = new URLSearchParams(location.search).get("server") ?? "";

/** A component without a provider, with the options and names that the README's first readers knew. */
function McpConnections({ userId, authToken }: { userId: string; authToken: string }) {
  const mcp: UseMcpResult = useMcp({
    url: `/api/mcp/sse?userId=${userId}`,
    userId,
    authToken,
    autoConnect: true,
    autoInitialize: true,
    onConnectionEvent: (event) => logged.push(event.type),
    onLog: (level, message) => logged.push(`${level}: ${message}`),
  });
  const { connections, status, connect, disconnect, isInitializing } = mcp;
  const [sessionId, setSessionId] = useState("");
  Object.assign(window, { mcp, logged });
  const handleConnect = async () =>
    setSessionId(
      await connect({ serverId: "my-server-id", serverName: "My MCP Server", serverUrl, transportType: "sse" }),
    );
  return (
    <div>
      <p>SSE Status: {status}</p>
      <button type="button" onClick={handleConnect}>
        Connect to Server
      </button>
      <p data-session={sessionId}>{isInitializing ? "Loading sessions..." : "Loaded"}</p>
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

/** Another component of the same page, which shares the first one's connections and stream. */
function Count() {
  const { connections } = useMcp({ url: "/api/mcp/sse", userId: "ada", authToken: "token-of-ada" });
  return <p>Count: {connections.length}</p>;
}

show(
  <>
    <McpConnections userId="ada" authToken="token-of-ada" />
    <Count />
  </>,
);
