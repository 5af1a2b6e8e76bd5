"use client";

import { createToolCalls, type ToolCall } from "@mcp-assistant/client";
import type { CallProgress, McpSessionError, ToolResult } from "@mcp-assistant/protocol";
import { type UseMutationResult, useMutation } from "@tanstack/react-query";
import { useState, useSyncExternalStore } from "react";
import { useMcpContext } from "./mcp-context.js";
import type { ActionOptions } from "./use-connection-actions.js";

/** A mutation of TanStack Query that calls a tool. */
export type UseCallToolResult<TVariables = ToolCall> = UseMutationResult<ToolResult, McpSessionError, TVariables> & {
  /** Aborts the latest call, which the other fields describe. To abort one of several calls, use its own `signal`. */
  cancel(): void;
  /**
   * How far the latest call has come, if its server says so. It needs the event stream, and stays until the next call.
   * For a call that may outlast this component, pass `onProgress`.
   */
  progress: CallProgress | undefined;
};

/** The arguments of a call. A tool without any takes none. */
// biome-ignore lint/suspicious/noConfusingVoidType: with `void`, `mutate()` needs no argument.
export type ToolArguments = Record<string, unknown> | void;

/**
 * Calls a connection's tools: `mutate({ name, arguments })`. A tool's own failure is data (`isError: true`). A call may
 * have had an effect even if its answer is lost, so it is never repeated. Without a network it fails immediately instead
 * of waiting.
 */
export function useCallTool(
  sessionId: string,
  name?: undefined,
  options?: ActionOptions<ToolResult, ToolCall>,
): UseCallToolResult;
/** Calls one of a connection's tools: `mutate(args)`. */
export function useCallTool(
  sessionId: string,
  name: string,
  options?: ActionOptions<ToolResult, ToolArguments>,
): UseCallToolResult<ToolArguments>;
export function useCallTool<TVariables extends ToolCall | ToolArguments>(
  sessionId: string,
  name?: string,
  options: ActionOptions<ToolResult, TVariables> = {},
): UseCallToolResult<TVariables> {
  const { backend, store, queryClient } = useMcpContext("useCallTool");
  const [{ call, cancel, progress: latest }] = useState(() => createToolCalls({ backend, store }));
  const progress = useSyncExternalStore(latest.subscribe, latest.get, latest.get);
  const wanted = (variables: ToolCall | ToolArguments) =>
    name === undefined ? (variables as ToolCall) : { name, arguments: (variables ?? {}) as Record<string, unknown> };
  const mutation = useMutation<ToolResult, McpSessionError, TVariables>(
    {
      ...options,
      mutationFn: (variables) => call(sessionId, wanted(variables)),
      retry: false,
      networkMode: "always",
    },
    queryClient,
  );
  return { ...mutation, cancel, progress };
}
