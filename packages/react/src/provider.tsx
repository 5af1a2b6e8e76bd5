"use client";

import { createMcpBrowser, createTrpcBackend, defaultBasePath, type LinkOptions } from "@mcp-assistant/client";
import type { Connection } from "@mcp-assistant/protocol";
import { QueryClient } from "@tanstack/react-query";
import { type ReactElement, type ReactNode, useEffect, useState } from "react";
import { McpContext, type McpContextValue } from "./mcp-context.js";
import { connectionsKey } from "./query/keys.js";
import { storeOf } from "./query/query-mirror.js";

export interface McpProviderProps extends Partial<LinkOptions> {
  /**
   * Where the hooks show the connections. Default: a query client of its own. Pass your app's to keep them, and the
   * last event id, when the provider is unmounted and mounted again.
   */
  queryClient?: QueryClient | undefined;
  /** The `basePath` of `createMcp`, if it is not `/api/mcp`. The procedures are at `{basePath}/trpc` unless `url` says. */
  basePath?: string | undefined;
  /**
   * What to show until the event stream has brought the first snapshot, for a page that a server renders:
   * `await mcp.forUser(userId).list()`.
   */
  initialConnections?: readonly Connection[] | undefined;
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
  useEffect(() => {
    const { queryClient, streamSwitch } = mcp;
    queryClient.mount();
    const stops = [followStream(mcp), streamSwitch.hold(true)];
    return () => {
      for (const stop of stops) stop();
      queryClient.unmount();
    };
  }, [mcp]);
  return <McpContext value={mcp}>{children}</McpContext>;
}

function createMcpContext({
  queryClient = new QueryClient(),
  basePath = defaultBasePath,
  url = `${basePath}/trpc`,
  initialConnections,
  ...options
}: Omit<McpProviderProps, "children">): McpContextValue {
  const store = storeOf(queryClient);
  if (initialConnections) store.seed(initialConnections);
  const backend = createTrpcBackend({ url, ...options });
  return { queryClient, ...createMcpBrowser({ backend, url, basePath, store }) };
}

/** The query waits for the first snapshot, or for the stream's error. When that error changes, it has to wait again. */
function followStream({ queryClient, store, stream }: McpContextValue): () => void {
  return stream.state.subscribe(() => {
    if (store.connections || queryClient.getQueryState(connectionsKey)?.status !== "error") return;
    void queryClient.resetQueries({ queryKey: connectionsKey, exact: true });
  });
}
