"use client";

import { createMcpBrowser, defaultBasePath, type LinkOptions } from "@mcp-assistant/client";
import { QueryClient } from "@tanstack/react-query";
import { type ReactElement, type ReactNode, useEffect, useState } from "react";
import { McpContext, type McpContextValue } from "./mcp-context.js";
import { storeOf } from "./query/query-mirror.js";

export interface McpProviderProps extends Partial<LinkOptions> {
  /**
   * Where the hooks show the connections. Default: a query client of its own. Pass your app's to keep them, and the
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
  return { queryClient, ...createMcpBrowser({ url, basePath, ...options, store: storeOf(queryClient) }) };
}
