"use client";

import type {
  ListedPrompts,
  ListedResources,
  ListedResourceTemplates,
  McpSessionError,
  ReadResourceResult,
} from "@mcp-assistant/protocol";
import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { type McpContextValue, useMcpContext } from "./mcp-context.js";
import { instructionsKey, promptsKey, resourceKey, resourcesKey, resourceTemplatesKey } from "./query/keys.js";
import { type Offered, offeredOptions, type UseOfferedOptions } from "./query/offered-options.js";

/** A server's resources, as a query of TanStack Query. `data.resources` is empty if it offers none. */
export function useResources<TData = ListedResources>(
  sessionId: string,
  options: UseOfferedOptions<ListedResources, TData> = {},
): UseQueryResult<TData, McpSessionError> {
  const mcp = useMcpContext("useResources");
  const ask = (signal: AbortSignal) => mcp.backend.listResources(sessionId, signal);
  return useOffered(mcp, { queryKey: resourcesKey(sessionId), ask, options });
}

/** A server's resource templates, as a query of TanStack Query. */
export function useResourceTemplates<TData = ListedResourceTemplates>(
  sessionId: string,
  options: UseOfferedOptions<ListedResourceTemplates, TData> = {},
): UseQueryResult<TData, McpSessionError> {
  const mcp = useMcpContext("useResourceTemplates");
  const ask = (signal: AbortSignal) => mcp.backend.listResourceTemplates(sessionId, signal);
  return useOffered(mcp, { queryKey: resourceTemplatesKey(sessionId), ask, options });
}

/** What a resource holds, as a query of TanStack Query. With `enabled: false`, it is not read yet. */
export function useResource<TData = ReadResourceResult>(
  sessionId: string,
  uri: string,
  options: UseOfferedOptions<ReadResourceResult, TData> = {},
): UseQueryResult<TData, McpSessionError> {
  const mcp = useMcpContext("useResource");
  const ask = (signal: AbortSignal) => mcp.backend.readResource(sessionId, uri, signal);
  return useOffered(mcp, { queryKey: resourceKey(sessionId, uri), ask, options });
}

/** A server's prompts, as a query of TanStack Query. */
export function usePrompts<TData = ListedPrompts>(
  sessionId: string,
  options: UseOfferedOptions<ListedPrompts, TData> = {},
): UseQueryResult<TData, McpSessionError> {
  const mcp = useMcpContext("usePrompts");
  const ask = (signal: AbortSignal) => mcp.backend.listPrompts(sessionId, signal);
  return useOffered(mcp, { queryKey: promptsKey(sessionId), ask, options });
}

/** What a server says about its use, as a query of TanStack Query. `data` is null if it says nothing. */
export function useInstructions<TData = string | null>(
  sessionId: string,
  options: UseOfferedOptions<string | null, TData> = {},
): UseQueryResult<TData, McpSessionError> {
  const mcp = useMcpContext("useInstructions");
  const ask = (signal: AbortSignal) => mcp.backend.instructions(sessionId, signal);
  return useOffered(mcp, { queryKey: instructionsKey(sessionId), ask, options });
}

function useOffered<TAnswer extends { ttlMs?: number | undefined } | string | null, TData>(
  { queryClient }: McpContextValue,
  offered: Offered<TAnswer, TData>,
): UseQueryResult<TData, McpSessionError> {
  return useQuery<TAnswer, McpSessionError, TData>(offeredOptions(offered), queryClient);
}
