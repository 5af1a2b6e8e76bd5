"use client";

import { QueryClient } from "@tanstack/react-query";
import { type ReactElement, type ReactNode, useEffect, useState } from "react";
import { AuthorizationPopups } from "./actions/authorization-popup.js";
import { createConnectionActions } from "./actions/connection-actions.js";
import type { LinkOptions } from "./app/links.js";
import { appOrigins, defaultBasePath, isSignInPage } from "./app/sign-in-page.js";
import { createMcpTrpcClient } from "./app/trpc.js";
import { connectionsCacheOf } from "./cache/connections-cache.js";
import { McpContext, type McpContextValue } from "./mcp-context.js";
import { browserNetwork } from "./stream/network.js";
import { browserPageVisits } from "./stream/page-visits.js";
import { browserTabs } from "./stream/tabs.js";
import { UserStream } from "./stream/user-stream.js";

export interface McpProviderProps extends Partial<LinkOptions> {
  /**
   * Where the browser keeps the connections. Default: a query client of its own. Pass your app's to keep them, and the
   * last event id, when the provider is unmounted and mounted again.
   */
  queryClient?: QueryClient | undefined;
  /** The `basePath` of `createMcp`, if it is not `/api/mcp`. The procedures are at `{basePath}/trpc` unless `url` says. */
  basePath?: string | undefined;
  children: ReactNode;
}

/**
 * Makes the user's connections available to the hooks below it, over one event stream that all tabs of the browser
 * share. Its options are read once. It notices that another user has signed in when that user opens a tab, when the
 * page gets the focus, and when the server ends the stream. To switch immediately, mount a new provider (give it
 * another `key`), and clear the query client if it is your own.
 */
export function McpProvider({ children, ...options }: McpProviderProps): ReactElement {
  const [mcp] = useState(() => createMcpContext(options));
  const { queryClient, stream } = mcp;
  useEffect(() => {
    queryClient.mount();
    const close = stream.open();
    return () => {
      close();
      queryClient.unmount();
    };
  }, [queryClient, stream]);
  return <McpContext value={mcp}>{children}</McpContext>;
}

function createMcpContext({
  queryClient = new QueryClient(),
  basePath = defaultBasePath,
  url = `${basePath}/trpc`,
  ...options
}: Omit<McpProviderProps, "children">): McpContextValue {
  const client = createMcpTrpcClient({ url, ...options });
  const cache = connectionsCacheOf(queryClient);
  const origins = appOrigins(url);
  cache.isSignInPage = (authUrl) => isSignInPage(authUrl, origins, basePath);
  const actions = createConnectionActions({ client, cache, popups: new AuthorizationPopups(basePath) });
  const tabs = browserTabs(url);
  const stream = new UserStream({ client, cache, network: browserNetwork, visits: browserPageVisits, tabs });
  return { client, queryClient, cache, actions, stream };
}
