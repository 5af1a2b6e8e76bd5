import { type Connection, type McpConnectionEvent, parseUrl } from "@mcp-assistant/protocol";

/** Where the handler is unless the app says otherwise, as in `createMcp`. */
export const defaultBasePath = "/api/mcp";

/** The path of our own sign-in page. */
export const startPath = (basePath: string) => `${basePath}/auth/start`;

/** Whether an address is our own sign-in page at one of these origins. We never open or link to any other. */
export function isSignInPage(authUrl: string, origins: readonly string[], basePath = defaultBasePath): boolean {
  const url = parseUrl(authUrl);
  if (!url) return false;
  const { origin, pathname, protocol, username, password } = url;
  if ((protocol !== "https:" && protocol !== "http:") || username || password) return false;
  return pathname === startPath(basePath) && origins.includes(origin);
}

/**
 * Removes addresses that are not our own sign-in page from an event, because pages turn them into links. Undefined if
 * nothing else would be left of the event.
 */
export function withOwnAuthUrls(
  event: McpConnectionEvent,
  isOurs: (authUrl: string) => boolean,
): McpConnectionEvent | undefined {
  const own = (connection: Connection): Connection =>
    connection.authUrl === null || isOurs(connection.authUrl) ? connection : { ...connection, authUrl: null };
  switch (event.type) {
    case "auth_required":
      return isOurs(event.authUrl) ? event : undefined;
    case "state_changed":
      return { ...event, connection: own(event.connection) };
    case "reset":
      return { ...event, connections: event.connections.map(own) };
    default:
      return event;
  }
}

/** The app's origins: the page's own, and that of its procedures if another origin serves them. */
export function appOrigins(url: string): readonly string[] {
  const page = globalThis.location?.origin;
  const served = parseUrl(url, page)?.origin ?? page;
  return [...new Set([page, served])].filter((origin) => origin !== undefined);
}
