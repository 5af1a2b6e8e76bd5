"use client";

import type { McpSessionError, ToolInfo } from "@mcp-assistant/protocol";
import { type UseQueryOptions, type UseQueryResult, useQuery } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { useMcpContext } from "./mcp-context.js";
import { toolsKey } from "./query/keys.js";

type Tools = readonly ToolInfo[];

/** The options of TanStack Query's `useQuery` that leave the event stream in charge of what is stale. */
export type UseToolsOptions<TData = Tools> = Omit<
  UseQueryOptions<Tools, McpSessionError, TData>,
  "queryKey" | "queryFn" | "initialData" | "staleTime" | "structuralSharing"
>;

/**
 * A connection's tools as last listed, as a query of TanStack Query. The event stream keeps them up to date. `data` is
 * empty until the server's tools have been listed for the first time.
 */
export function useTools<TData = Tools>(
  sessionId: string,
  options: UseToolsOptions<TData> = {},
): UseQueryResult<TData, McpSessionError> {
  const { queryClient, store, toolLoader } = useMcpContext("useTools");
  const { all } = store.tools;
  // A component does not hear of it when its query is removed from the cache. It does when it renders again.
  useSyncExternalStore(all.subscribe, all.get, all.get);
  return useQuery<Tools, McpSessionError, TData>(
    {
      retry: (failures, { retryable }) => failures < 3 && retryable,
      ...options,
      queryKey: toolsKey(sessionId),
      queryFn: () => toolLoader.load(sessionId),
      initialData: () => {
        const list = store.tools.get(sessionId);
        return list?.isStale ? undefined : list?.tools;
      },
      staleTime: Number.POSITIVE_INFINITY,
    },
    queryClient,
  );
}
