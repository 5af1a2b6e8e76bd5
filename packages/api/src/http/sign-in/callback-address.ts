import type { Mcp } from "@mcp-assistant/core";
import { parseUrl } from "@mcp-assistant/protocol";
import { isEndOf, pathsBelow } from "../edge/path-below.js";

type App = Pick<Mcp, "baseUrl" | "basePath" | "callbackUrls">;

/** Whether a path below the handler is one of its redirect URLs: the shared one, or that of one issuer alone. */
export const isCallback = (path: string): boolean =>
  path === "/auth/callback" || /^\/auth\/issuer\/[\w-]{43}$/.test(path);

/** The operator's redirect URLs that a request for this path may have been for. A proxy may change the host. */
export const callbackUrlsAt = (pathname: string, { callbackUrls }: App): string[] =>
  callbackUrls.filter((url) => isEndOf(parseUrl(url)?.pathname ?? "", pathname));

/**
 * The addresses that a callback may have come to, as authorization servers know them: origin and path, as text. What is
 * in front of the handler may change the host and remove the beginning of the path, but never the end, which names the
 * issuer.
 */
export function addressesOf({ url }: Request, app: App): string[] {
  const { pathname } = new URL(url);
  const path = pathsBelow(pathname, app.basePath).find(isCallback);
  const own = path === undefined ? [] : [`${app.baseUrl}${app.basePath}${path}`];
  return [...own, ...callbackUrlsAt(pathname, app).map((each) => each.replace(/\?.*$/s, ""))];
}
