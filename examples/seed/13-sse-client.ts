// A page's connections without React: the events as a stream, and calls.
import { SSEClient } from "@mcp-assistant/mcp-redis/client";

/** `window` is the browser's, or whatever sends your user somewhere. `show` writes to the page. */
export function openClient({ url, userId, authToken, window, show }: Page): SSEClient {
  const client = new SSEClient({
    url, // such as "/api/mcp/sse"
    userId, // only compared: the server knows who asks
    authToken, // sent as a header, never in the address
    onConnectionEvent: (event) => {
      switch (event.type) {
        case "state_changed":
          show(`State: ${event.state}`);
          break;
        case "tools_discovered":
          show(`Tools: ${event.tools.map(({ name }) => name).join(", ")}`);
          break;
        case "auth_required":
          // The sign-in page of your own app, which leads to the server's.
          window.location.href = event.authUrl;
          break;
      }
    },
    onStatusChange: (status) => {
      show(`SSE Status: ${status}`);
    },
  });

  // Connect to SSE endpoint
  client.connect();
  return client;
}

export async function useServer(client: SSEClient, { serverUrl, window, tool }: Use) {
  // Get all sessions
  const sessions = await client.getSessions();

  // Connect to a server
  const result = await client.connectToServer({
    serverId: "server-id",
    serverName: "My Server",
    serverUrl,
    callbackUrl: `${window.location.origin}/oauth/callback`, // one of the callbackUrls of createMcp
  });
  // The user signs in first. The event auth_required has sent them there.
  if (result.authUrl) return { sessions: sessions.sessions, result };
  const { sessionId } = result;

  // List tools
  const tools = await client.listTools(sessionId);

  // Call a tool
  const toolResult = await client.callTool(sessionId, tool, { arg1: "value" });

  // Disconnect
  await client.disconnectFromServer(sessionId);

  // Close SSE connection
  client.disconnect();
  return { sessions: sessions.sessions, result, tools: tools.tools, toolResult };
}

interface Page {
  url: string;
  userId: string;
  authToken: string;
  window: { location: { href: string } };
  show: (line: string) => void;
}

interface Use {
  serverUrl: string;
  window: { location: { origin: string } };
  tool: string;
}
