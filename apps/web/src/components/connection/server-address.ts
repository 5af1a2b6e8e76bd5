import type { Connection } from "@mcp-assistant/mcp-redis/shared";

/** Whether the connection's record could be read. Otherwise only its id is known, and it can only be removed. */
export const isReadable = ({ serverUrl }: Pick<Connection, "serverUrl">) => serverUrl !== "";

/** A server's URL as people write it: `mcp.linear.app/mcp`; empty when it is not known. */
export function addressText({ serverUrl }: Pick<Connection, "serverUrl">): string {
  if (!isReadable({ serverUrl })) return "";
  const { host, pathname } = new URL(serverUrl);
  return pathname === "/" ? host : host + pathname;
}

/** The element id of a connection's card on the Connections page. */
export const cardId = (sessionId: string) => `connection-${sessionId}`;
