// A sessionId that names its server, so that a page can map a connection back to it.
import { sessionStore } from "@mcp-assistant/mcp-redis/server";
import { sanitizeServerId } from "@mcp-assistant/mcp-redis/shared";

export function idsFor(userId: string, serverUrl: string) {
  // A plain serverUrl.replace(/[^a-zA-Z0-9]/g, "_") would also show the query, which may contain a key.
  const serverId = sanitizeServerId(serverUrl);
  const sessionId = sessionStore.generateSessionId({ userId, serverUrl, serverId });
  return { serverId, sessionId };
}
