import type { Connection } from "@mcp-assistant/mcp-redis/shared";

/** A server's URL as people say it: `mcp.linear.app/mcp`. */
export function addressText({ serverUrl }: Pick<Connection, "serverUrl">): string {
  const { host, pathname } = new URL(serverUrl);
  return pathname === "/" ? host : host + pathname;
}

/** The place of a connection's card on the page of all connections. */
export const cardId = (sessionId: string) => `connection-${sessionId}`;

export const toolsPath = (sessionId: string) => `/connections/${encodeURIComponent(sessionId)}/tools`;
