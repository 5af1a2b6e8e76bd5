"use client";

import type { McpSessionError, ToolResult } from "@mcp-assistant/protocol";
import { type UseMutationResult, useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { toSessionError } from "./app/session-error.js";
import type { McpTrpcClient } from "./app/trpc.js";
import { useMcpContext } from "./mcp-context.js";

export interface ToolCall {
  name: string;
  arguments?: Record<string, unknown>;
  /** Aborts this call, here and on the server. It then rejects with `CANCELLED`. */
  signal?: AbortSignal;
}

export type UseCallToolResult = UseMutationResult<ToolResult, McpSessionError, ToolCall> & {
  /** Aborts the latest call, which the other fields describe. To abort one of several calls, use its own `signal`. */
  cancel(): void;
};

/**
 * Calls a connection's tools. A tool's own failure is data (`isError: true`). A call may have had an effect even if its
 * answer is lost, so it is never repeated. Without a network it fails immediately instead of waiting.
 */
export function useCallTool(sessionId: string): UseCallToolResult {
  const { client, queryClient } = useMcpContext();
  const [{ call, cancel }] = useState(() => createToolCalls(client));
  const mutation = useMutation<ToolResult, McpSessionError, ToolCall>(
    {
      mutationFn: (wanted) => call(sessionId, wanted),
      retry: false,
      networkMode: "always",
    },
    queryClient,
  );
  return { ...mutation, cancel };
}

/** Makes calls that may run at the same time. `cancel` aborts the latest one if it is still running. */
export function createToolCalls(client: McpTrpcClient) {
  let latest: AbortController | undefined;

  async function call(sessionId: string, { signal, ...input }: ToolCall): Promise<ToolResult> {
    const cancelled = new AbortController();
    latest = cancelled;
    const aborted = signal ? AbortSignal.any([signal, cancelled.signal]) : cancelled.signal;
    try {
      return await client.mcp.tools.call.mutate({ sessionId, ...input }, { signal: aborted });
    } catch (error) {
      throw toSessionError(error);
    }
  }

  return { call, cancel: () => latest?.abort() };
}
