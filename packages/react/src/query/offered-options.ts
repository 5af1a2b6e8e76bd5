import type { McpSessionError } from "@mcp-assistant/protocol";
import type { QueryKey, UseQueryOptions } from "@tanstack/react-query";

/** The options of TanStack Query's `useQuery`. `staleTime`: by default, as long as the server says, or a minute. */
export type UseOfferedOptions<TAnswer, TData = TAnswer> = Omit<
  UseQueryOptions<TAnswer, McpSessionError, TData>,
  "queryKey" | "queryFn"
>;

/** What a server is asked for, and how. */
export interface Offered<TAnswer, TData> {
  queryKey: QueryKey;
  ask: (signal: AbortSignal) => Promise<TAnswer>;
  options: UseOfferedOptions<TAnswer, TData>;
}

/** How long (ms) an answer counts as fresh whose server does not say it, as no server of the legacy era does. */
const usualTtlMs = 60_000;

/**
 * A query for what a server offers. Each attempt is a call of the user and may last a minute, so only one more is made,
 * and none for a server that has not answered in time.
 */
export function offeredOptions<TAnswer extends { ttlMs?: number | undefined } | string | null, TData>({
  queryKey,
  ask,
  options,
}: Offered<TAnswer, TData>): UseQueryOptions<TAnswer, McpSessionError, TData> {
  return {
    ...options,
    retry:
      options.retry ?? ((failures, { code, retryable }) => failures < 1 && retryable && code !== "REQUEST_TIMEOUT"),
    staleTime:
      options.staleTime ??
      (({ state: { data } }) => (typeof data === "object" ? data?.ttlMs : undefined) ?? usualTtlMs),
    queryKey,
    queryFn: ({ signal }) => ask(signal),
  };
}
