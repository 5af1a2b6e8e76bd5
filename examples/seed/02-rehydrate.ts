// Any process takes up a connection from its ids alone.
import { MCPClient } from "@mcp-assistant/mcp-redis/server";

export async function rehydrate(userId: string, sessionId: string) {
  const client = new MCPClient({ userId, sessionId });
  await client.connect();
  return client;
}
