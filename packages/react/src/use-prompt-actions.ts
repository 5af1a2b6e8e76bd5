"use client";

import type { PromptRequest } from "@mcp-assistant/client";
import type { Completion, CompletionInput, McpSessionError, PromptResult } from "@mcp-assistant/protocol";
import { type UseMutationResult, useMutation } from "@tanstack/react-query";
import { useCallback } from "react";
import { useMcpContext } from "./mcp-context.js";
import type { ActionOptions } from "./use-connection-actions.js";

/** Fills in a prompt of a server, as a mutation of TanStack Query: `mutate({ name, arguments })`. */
export function useGetPrompt(
  sessionId: string,
  options: ActionOptions<PromptResult, PromptRequest> = {},
): UseMutationResult<PromptResult, McpSessionError, PromptRequest> {
  const { backend, queryClient } = useMcpContext("useGetPrompt");
  return useMutation<PromptResult, McpSessionError, PromptRequest>(
    { ...options, mutationFn: (request) => backend.getPrompt(sessionId, request), retry: false, networkMode: "always" },
    queryClient,
  );
}

/** Asks for a server's proposals for an argument. Aborting `signal` rejects with `CANCELLED`, and stops the server. */
export type Complete = (input: CompletionInput, options?: { signal?: AbortSignal }) => Promise<Completion>;

/**
 * Returns a function that asks for proposals, stable between renders. Each one is a request to the server that counts as
 * a call: while someone types, wait a moment, and abort the one before.
 */
export function useComplete(sessionId: string): Complete {
  const { backend } = useMcpContext("useComplete");
  return useCallback((input, { signal } = {}) => backend.complete(sessionId, input, signal), [backend, sessionId]);
}
