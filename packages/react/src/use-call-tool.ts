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
  /** Aborts this call, here and on the server; it then rejects with `CANCELLED`. */
  signal?: AbortSignal;
}

export type UseCallToolResult = UseMutationResult<ToolResult, McpSessionError, ToolCall> & {
  /** Aborts the latest call, the one that the rest of this tells of. One of several has a `signal` of its own. */
  cancel(): void;
};

/**
 * Calls a connection's tools. A tool's own failure is data (`isError: true`). A call may have done something even if
 * its answer is lost, so it is never repeated, and fails at once without a network instead of waiting for one.
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

/** Calls that may run side by side. `cancel` aborts the latest one, or nothing when that is over. */
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
