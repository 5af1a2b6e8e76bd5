"use client";

import type { McpSessionError, ToolResult } from "@mcp-assistant/protocol";
import { type UseMutationResult, useMutation } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { useMcpContext } from "./mcp-context.js";
import { toSessionError } from "./session-error.js";
import type { McpTrpcClient } from "./trpc.js";

export interface ToolCall {
  name: string;
  arguments?: Record<string, unknown>;
}

export type UseCallToolResult = UseMutationResult<ToolResult, McpSessionError, ToolCall> & {
  /** Aborts what is running, here and on the server; it then rejects with `CANCELLED`. */
  cancel(): void;
};

/**
 * Calls a connection's tools. A tool's own failure is data (`isError: true`). A call may have done something even if
 * its answer is lost, so it is never repeated, and fails at once without a network instead of waiting for one.
 */
export function useCallTool(sessionId: string): UseCallToolResult {
  const { client, queryClient } = useMcpContext();
  const [running] = useState(() => new Set<AbortController>());
  const mutation = useMutation<ToolResult, McpSessionError, ToolCall>(
    {
      mutationFn: (call) => callTool(client, sessionId, call, running),
      retry: false,
      networkMode: "always",
    },
    queryClient,
  );
  const cancel = useCallback(() => {
    for (const controller of running) controller.abort();
  }, [running]);
  return { ...mutation, cancel };
}

/** One call, which is in `running` for as long as it can be aborted. */
export async function callTool(
  client: McpTrpcClient,
  sessionId: string,
  call: ToolCall,
  running: Set<AbortController>,
): Promise<ToolResult> {
  const controller = new AbortController();
  running.add(controller);
  try {
    return await client.mcp.tools.call.mutate({ sessionId, ...call }, { signal: controller.signal });
  } catch (error) {
    throw toSessionError(error);
  } finally {
    running.delete(controller);
  }
}
