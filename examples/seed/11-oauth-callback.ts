// Finishes a sign-in in the route that the authorization server redirects to.
import { MCPClient } from "@mcp-assistant/mcp-redis/server";

/** `callback`: the whole address of the request, as the browser sees it, or its path and query. */
export async function handleOAuthCallback(userId: string, callback: string) {
  // There is nothing to parse: the state is opaque, and finds the user's session on the server.
  const client = new MCPClient({ userId });
  try {
    // Exchange code for tokens
    const { sessionId, serverId } = await client.finishAuth(callback);

    // Now connected and tokens are saved in Redis
    const tools = await client.listTools();
    return { sessionId, serverId, ...tools };
  } finally {
    await client.close();
  }
}
