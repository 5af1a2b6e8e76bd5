"use client";

import type { McpBrowser } from "@mcp-assistant/client";
import { type Connection, McpSessionError } from "@mcp-assistant/protocol";
import { type UseQueryOptions, type UseQueryResult, useQuery } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { useMcpContext } from "./mcp-context.js";
import { connectionsKey } from "./query/keys.js";

type Connections = readonly Connection[];

/** The options of TanStack Query's `useQuery` that leave the event stream in charge. */
export type UseConnectionsOptions<TData = Connections> = Pick<
  UseQueryOptions<Connections, McpSessionError, TData>,
  "enabled" | "meta" | "notifyOnChangeProps" | "select" | "subscribed" | "throwOnError"
>;

/**
 * The user's connections, in the order in which they were created, as a query of TanStack Query. The event stream is its
 * only source: it is pending until the first snapshot, and has an error while the stream has one and no snapshot has
 * arrived.
 */
export function useConnections<TData = Connections>(
  options: UseConnectionsOptions<TData> = {},
): UseQueryResult<TData, McpSessionError> {
  const mcp = useMcpContext("useConnections");
  return useConnectionsQuery(mcp, options);
}

/** One of the user's connections. `data` is null if the user has no connection with this `sessionId`. */
export function useConnection(
  sessionId: string,
  options: Omit<UseConnectionsOptions, "select"> = {},
): UseQueryResult<Connection | null, McpSessionError> {
  const mcp = useMcpContext("useConnection");
  const select = (connections: Connections) =>
    connections.find((connection) => connection.sessionId === sessionId) ?? null;
  return useConnectionsQuery(mcp, { ...options, select });
}

function useConnectionsQuery<TData>(
  mcp: ReturnType<typeof useMcpContext>,
  options: UseConnectionsOptions<TData>,
): UseQueryResult<TData, McpSessionError> {
  const { queryClient, store } = mcp;
  // A component does not hear of it when its query is removed from the cache. It does when it renders again.
  const known = () => store.connections;
  useSyncExternalStore(store.subscribe, known, known);
  return useQuery<Connections, McpSessionError, TData>(
    {
      ...options,
      queryKey: connectionsKey,
      queryFn: ({ signal }) => firstConnections(mcp, signal),
      staleTime: Number.POSITIVE_INFINITY,
      gcTime: Number.POSITIVE_INFINITY,
      retry: false,
      // The stream knows better than the browser whether the app can be reached.
      networkMode: "always",
    },
    queryClient,
  );
}

/** Waits for the first snapshot, or for the stream's error. */
function firstConnections({ store, stream }: McpBrowser, signal: AbortSignal): Promise<Connections> {
  return new Promise((resolve, reject) => {
    const check = () => {
      const { connections } = store;
      const { error } = stream.state.get();
      if (!connections && !error) return;
      stop();
      if (connections) resolve(connections);
      else if (error) reject(new McpSessionError(error));
    };
    const stops = [store.subscribe(check), stream.state.subscribe(check)];
    const stop = () => {
      for (const each of stops) each();
    };
    signal.addEventListener("abort", stop);
    check();
  });
}
