"use client";

import { QueryClient } from "@tanstack/react-query";
import { type ReactElement, type ReactNode, useEffect, useState } from "react";
import { AuthorizationPopups } from "./authorization-popup.js";
import { createConnectionActions } from "./connection-actions.js";
import { connectionsCacheOf } from "./connections-cache.js";
import { EventStream } from "./event-stream.js";
import { createMcpLinks, type LinkOptions } from "./links.js";
import { McpContext, type McpContextValue } from "./mcp-context.js";
import { trpc } from "./trpc.js";

export interface McpProviderProps extends Partial<LinkOptions> {
  /**
   * Where connections are kept in the browser; one of its own by default. Give your app's to keep them, and the place
   * to resume from, when the provider is unmounted and mounted again.
   */
  queryClient?: QueryClient | undefined;
  children: ReactNode;
}

/**
 * Makes the user's connections available to the hooks below it, over one event stream. Its options are read once: when
 * the app's user changes, mount a new one (give it another `key`) and clear a query client of your own.
 */
export function McpProvider({ children, ...options }: McpProviderProps): ReactElement {
  const [mcp] = useState(() => createMcpContext(options));
  const { client, queryClient, stream } = mcp;
  useEffect(() => {
    queryClient.mount();
    const close = stream.open();
    return () => {
      close();
      queryClient.unmount();
    };
  }, [queryClient, stream]);
  return (
    <trpc.Provider client={client} queryClient={queryClient}>
      <McpContext value={mcp}>{children}</McpContext>
    </trpc.Provider>
  );
}

function createMcpContext({
  queryClient = new QueryClient(),
  url = "/api/mcp/trpc",
  ...options
}: Omit<McpProviderProps, "children">): McpContextValue {
  const client = trpc.createClient({ links: createMcpLinks({ url, ...options }) });
  const cache = connectionsCacheOf(queryClient);
  const actions = createConnectionActions({ client, cache, popups: new AuthorizationPopups() });
  return { client, queryClient, cache, actions, stream: new EventStream(client, cache) };
}
