"use client";

import type { McpSessionError, ToolInfo } from "@mcp-assistant/protocol";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { toSessionError } from "./app/session-error.js";
import { toolsKey } from "./app/trpc.js";
import { useMcpContext } from "./mcp-context.js";

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
  const { client, queryClient } = useMcpContext();
  const query = useQuery<readonly ToolInfo[]>(
    {
      queryKey: toolsKey(sessionId),
      queryFn: () => client.mcp.tools.list.query({ sessionId }),
      staleTime: Number.POSITIVE_INFINITY,
      retry: (failures, error) => failures < 3 && toSessionError(error).retryable,
    },
    queryClient,
  );
  const { data, isPending, isFetching, refetch } = query;
  const error = useMemo(() => query.error && toSessionError(query.error), [query.error]);
  return { data, error, isPending, isFetching, refetch: () => void refetch() };
}
