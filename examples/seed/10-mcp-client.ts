// Connects one user to one server and calls a tool, with nothing but the environment of the process.
import { MCPClient, sessionStore, UnauthorizedError } from "@mcp-assistant/mcp-redis/server";

export async function callOnce({ userId, serverUrl, tool, redirect }: Call) {
  // Generate session ID
  const sessionId = sessionStore.generateSessionId();

  // Create client
  const client = new MCPClient({
    userId, // from your own authentication
    sessionId,
    serverUrl,
    callbackUrl: "http://localhost:3000/oauth/callback", // listed in MCP_CALLBACK_URLS
    transportType: "sse",
    // Send this user there, and nobody else: the address contains the sign-in's secret state.
    onRedirect: (authUrl) => redirect(authUrl),
  });

  // Connect (may throw UnauthorizedError if OAuth is needed)
  try {
    await client.connect();

    // List tools
    const tools = await client.listTools();

    // Call tool
    const result = await client.callTool(tool, { arg1: "value" });
    return { sessionId: client.sessionId, tools: tools.tools, result };
  } catch (error) {
    // The user has been sent to the sign-in. The callback goes on from there: 11-oauth-callback.ts.
    if (error instanceof UnauthorizedError) return { sessionId: client.sessionId, authUrl: error.authUrl };
    throw error;
  } finally {
    await client.close();
  }
}

interface Call {
  userId: string;
  serverUrl: string;
  tool: string;
  redirect: (authUrl: string) => void;
}
