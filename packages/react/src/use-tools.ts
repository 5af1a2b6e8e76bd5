"use client";

import type { McpSessionError, ToolInfo } from "@mcp-assistant/protocol";
import { useQuery } from "@tanstack/react-query";
import { useMcpContext } from "./mcp-context.js";
import { toolsKey } from "./query/keys.js";

export interface UseToolsResult {
  /** Empty until the server's tools have been listed for the first time. Undefined while loading. */
  data: readonly ToolInfo[] | undefined;
  error: McpSessionError | null;
  isPending: boolean;
  isFetching: boolean;
  refetch(): void;
}

/** A connection's tools as last listed. The event stream keeps them up to date. */
export function useTools(sessionId: string): UseToolsResult {
  const { queryClient, toolLoader } = useMcpContext();
  const query = useQuery<readonly ToolInfo[], McpSessionError>(
    {
      queryKey: toolsKey(sessionId),
      queryFn: () => toolLoader.load(sessionId),
      staleTime: Number.POSITIVE_INFINITY,
      retry: (failures, { retryable }) => failures < 3 && retryable,
    },
    queryClient,
  );
  const { data, error, isPending, isFetching, refetch } = query;
  return { data, error, isPending, isFetching, refetch: () => void refetch() };
}
