import type { Connection, McpConnectionEvent } from "@mcp-assistant/protocol";

/** Pages navigate to an `authUrl`, and a browser would run some addresses. */
const isWeb = (authUrl: string | null) => authUrl === null || /^https?:\/\//i.test(authUrl);

const checked = (connection: Connection): Connection =>
  isWeb(connection.authUrl) ? connection : { ...connection, authUrl: null };

/** An event without addresses that are not http(s). Undefined if nothing else would be left of it. */
export function withWebAuthUrls(event: McpConnectionEvent): McpConnectionEvent | undefined {
  switch (event.type) {
    case "auth_required":
      return isWeb(event.authUrl) ? event : undefined;
    case "state_changed":
      return { ...event, connection: checked(event.connection) };
    case "reset":
      return { ...event, connections: event.connections.map(checked) };
    default:
      return event;
  }
}
