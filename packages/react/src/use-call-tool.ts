"use client";

import { createToolCalls, type ToolCall } from "@mcp-assistant/client";
import type { McpSessionError, ToolResult } from "@mcp-assistant/protocol";
import { type UseMutationResult, useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useMcpContext } from "./mcp-context.js";

export type UseCallToolResult = UseMutationResult<ToolResult, McpSessionError, ToolCall> & {
  /** Aborts the latest call, which the other fields describe. To abort one of several calls, use its own `signal`. */
  cancel(): void;
};

/**
 * Calls a connection's tools. A tool's own failure is data (`isError: true`). A call may have had an effect even if its
 * answer is lost, so it is never repeated. Without a network it fails immediately instead of waiting.
 */
export function useCallTool(sessionId: string): UseCallToolResult {
  const { backend, queryClient } = useMcpContext();
  const [{ call, cancel }] = useState(() => createToolCalls(backend));
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
