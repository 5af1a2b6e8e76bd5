import type { Connection } from "@mcp-assistant/mcp-redis/shared";

/** Whether its record could be read. Of one that could not, nothing is known but its id: it can only be removed. */
export const isReadable = ({ serverUrl }: Pick<Connection, "serverUrl">) => serverUrl !== "";

/** A server's URL as people say it: `mcp.linear.app/mcp`; nothing where it is not known. */
export function addressText({ serverUrl }: Pick<Connection, "serverUrl">): string {
  if (!isReadable({ serverUrl })) return "";
  const { host, pathname } = new URL(serverUrl);
  return pathname === "/" ? host : host + pathname;
}

/** The place of a connection's card on the page of all connections. */
export const cardId = (sessionId: string) => `connection-${sessionId}`;

export const toolsPath = (sessionId: string) => `/connections/${encodeURIComponent(sessionId)}/tools`;
