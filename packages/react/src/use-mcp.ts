"use client";

import type { Connection, ErrorInfo } from "@mcp-assistant/protocol";
import { useQuery } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import type { ConnectionActions } from "./actions/connection-actions.js";
import { connectionsKey } from "./app/trpc.js";
import { useMcpContext } from "./mcp-context.js";
import type { StreamStatus } from "./stream/stream-state.js";

export interface UseMcpResult extends ConnectionActions {
  /** In the order they were made; undefined until the first snapshot has arrived. */
  connections: readonly Connection[] | undefined;
  /** How fresh that is. It says nothing about the servers: their state is each connection's. */
  status: StreamStatus;
  /** Why the stream is not live, when that is known. With status "offline" it has ended: offer {@link retry}. */
  streamError: ErrorInfo | null;
  /** Opens the stream again now. */
  retry(): void;
  /** The store's clock in ms since the epoch, for the times in connections and events. */
  serverNow(): number;
}

/** The user's connections as they are now, and what can be done with them. The functions never change. */
export function useMcp(): UseMcpResult {
  const { actions, cache, client, queryClient, stream } = useMcpContext();
  const { status, error } = useSyncExternalStore(stream.state.subscribe, stream.state.get, stream.state.get);
  // Never asked for: the event stream is the only source, so no answer can race with an event.
  const { data: connections } = useQuery<readonly Connection[]>(
    { queryKey: connectionsKey, queryFn: () => client.mcp.connections.list.query(), enabled: false },
    queryClient,
  );
  return { ...actions, connections, status, streamError: error, retry: stream.retry, serverNow: cache.clock.now };
}
