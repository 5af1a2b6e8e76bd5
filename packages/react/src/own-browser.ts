"use client";

import { createMcpBrowser, type McpBrowser } from "@mcp-assistant/client";
import { parseUrl } from "@mcp-assistant/protocol";
import { useEffect, useMemo } from "react";

/** Which app and user a page without a provider shows. */
export interface OwnBrowserOptions {
  /**
   * Where the app is: the address of its event stream, such as `/api/mcp/sse`, or of its procedures, such as
   * `/api/mcp/trpc`. Its query is not used.
   */
  url?: string | undefined;
  /**
   * Keeps the users of one browser apart. It is never sent: the app finds out by its own sign-in who asks.
   */
  userId?: string | undefined;
  /** A token of the app's own sign-in, sent as `Authorization: Bearer …`, and never in a URL. It may change. */
  authToken?: string | undefined;
}

interface OwnBrowser {
  mcp: McpBrowser;
  authToken: string | undefined;
}

/** One for each app and user, as long as the page lives. On a server there are none. */
const browsers = new Map<string, OwnBrowser>();

/** What a hook without a provider uses. Undefined without a `url`. */
export function useOwnBrowser({ url, userId, authToken }: OwnBrowserOptions): McpBrowser | undefined {
  const hasToken = authToken !== undefined;
  const own = useMemo(
    () =>
      url === undefined
        ? undefined
        : browserFor({ procedures: proceduresOf(url), basePath: basePathOf(url), userId, hasToken }),
    [url, userId, hasToken],
  );
  if (own && own.authToken === undefined) own.authToken = authToken;
  useEffect(() => {
    if (!own || own.authToken === authToken) return;
    own.authToken = authToken;
    // The old token may have been refused.
    if (own.mcp.stream.state.get().status === "offline") own.mcp.stream.retry();
  }, [own, authToken]);
  return own?.mcp;
}

interface Wanted {
  procedures: string;
  basePath: string | undefined;
  userId: string | undefined;
  hasToken: boolean;
}

function browserFor({ procedures, basePath, userId, hasToken }: Wanted): OwnBrowser {
  const key = JSON.stringify([procedures, basePath, userId, hasToken]);
  const known = browsers.get(key);
  if (known) return known;
  const own: OwnBrowser = {
    authToken: undefined,
    mcp: createMcpBrowser({ url: procedures, basePath, ...(hasToken ? { authToken: () => own.authToken } : {}) }),
  };
  if (typeof window !== "undefined") browsers.set(key, own);
  return own;
}

/** The address of the procedures beside an event stream's. A query is dropped: an address must name no user or token. */
export function proceduresOf(url: string): string {
  const [path = ""] = url.split(/[?#]/, 1);
  return path.replace(/\/+$/, "").replace(/\/sse$/, "/trpc");
}

/** The `basePath` of `createMcp`, if the address is that of its event stream. */
export function basePathOf(url: string): string | undefined {
  const [, path] = /^(.*)\/sse\/*(?:[?#].*)?$/.exec(url) ?? [];
  return path && parseUrl(path, "http://app")?.pathname;
}
