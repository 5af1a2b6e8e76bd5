"use client";

import { createMcpBrowser, createSseBackend, type McpBrowser } from "@mcp-assistant/client";
import { parseUrl } from "@mcp-assistant/protocol";
import { useEffect, useMemo } from "react";

/** Which app and user a page without a provider shows. */
export interface OwnBrowserOptions {
  /** Where `createSSEHandler` or `createMcpHandler` serves the stream, such as `/api/mcp/sse`. Its query is not used. */
  url?: string | undefined;
  /** The `basePath` of `createMcp`, where the sign-in pages are. Default: the `url` without `/sse`. */
  basePath?: string | undefined;
  /**
   * Keeps the users of one browser apart. It is never sent: the app finds out by its own sign-in who asks.
   */
  userId?: string | undefined;
  /**
   * A token of the app's own sign-in, sent as `Authorization: Bearer …`, and never in a URL. It may change. Without a
   * `userId`, a new token may be another user's, so the connections are loaded again.
   */
  authToken?: string | undefined;
}

interface OwnBrowser {
  mcp: McpBrowser;
  authToken: string | undefined;
}

/** One for each app and user, as long as the page lives. On a server there are none. */
const browsers = new Map<string, OwnBrowser>();

/** What a hook without a provider uses. Undefined without a `url`. */
export function useOwnBrowser({ url, basePath, userId, authToken }: OwnBrowserOptions): McpBrowser | undefined {
  // A known user keeps what is shown while their token changes.
  const unknownUsersToken = userId === undefined ? authToken : undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a known user's token does not choose the browser.
  const own = useMemo(
    () => (url === undefined ? undefined : browserFor({ url: withoutQuery(url), basePath, userId, authToken })),
    [url, basePath, userId, unknownUsersToken],
  );
  useEffect(() => {
    if (!own || own.authToken === authToken) return;
    own.authToken = authToken;
    // The old token may have been refused.
    if (own.mcp.stream.state.get().status === "offline") own.mcp.stream.retry();
  }, [own, authToken]);
  return own?.mcp;
}

function browserFor({ url, basePath = basePathOf(url), userId, authToken }: OwnBrowserOptions & { url: string }) {
  const key = JSON.stringify([url, basePath, userId]);
  const known = browsers.get(key);
  if (known && (userId !== undefined || known.authToken === authToken)) return known;
  const backend = createSseBackend({ url, authToken: () => own.authToken });
  const own: OwnBrowser = { authToken, mcp: createMcpBrowser({ backend, url, basePath }) };
  if (typeof window !== "undefined") browsers.set(key, own);
  return own;
}

/** An address must name no user or token. */
const withoutQuery = (url: string) => url.replace(/[?#].*$/s, "");

/** What is in front of `/sse`, if the address ends like that of `createMcpHandler`. */
export function basePathOf(url: string): string | undefined {
  const [, path] = /^(.*)\/sse\/*$/.exec(url) ?? [];
  return path && parseUrl(path, "http://app")?.pathname;
}
