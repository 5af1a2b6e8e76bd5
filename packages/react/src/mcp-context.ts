"use client";

import type { QueryClient } from "@tanstack/react-query";
import { createContext, useContext } from "react";
import type { ConnectionActions } from "./actions/connection-actions.js";
import type { McpTrpcClient } from "./app/trpc.js";
import type { ConnectionsCache } from "./cache/connections-cache.js";
import type { Stream } from "./stream/stream-state.js";

/** What a provider gives to the hooks below it. */
export interface McpContextValue {
  client: McpTrpcClient;
  queryClient: QueryClient;
  cache: ConnectionsCache;
  stream: Stream;
  actions: ConnectionActions;
}

export const McpContext = createContext<McpContextValue | null>(null);

export function useMcpContext(): McpContextValue {
  const value = useContext(McpContext);
  if (!value) throw new Error("There is no <McpProvider> above this component");
  return value;
}
