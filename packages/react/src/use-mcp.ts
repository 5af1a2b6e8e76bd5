"use client";

import type { ConnectionActions, StreamStatus } from "@mcp-assistant/client";
import type { Connection, ErrorInfo } from "@mcp-assistant/protocol";
import { useQuery } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { useMcpContext } from "./mcp-context.js";
import { connectionsKey } from "./query/keys.js";

export interface UseMcpResult extends ConnectionActions {
  /** In the order in which they were created. Undefined until the first snapshot has arrived. */
  connections: readonly Connection[] | undefined;
  /** How fresh `connections` is. For the state of a server, see its connection. */
  status: StreamStatus;
  /** Why the stream is not live, if known. With the status "offline" it has ended: offer {@link retry}. */
  streamError: ErrorInfo | null;
  /** Reopens the stream now. */
  retry(): void;
  /** The store's clock in ms since the epoch, for the times in connections and events. */
  serverNow(): number;
}

/** The user's current connections, and the actions for them. The functions are stable between renders. */
export function useMcp(): UseMcpResult {
  const { actions, backend, queryClient, store, stream } = useMcpContext();
  const { status, error } = useSyncExternalStore(stream.state.subscribe, stream.state.get, stream.state.get);
  // Never fetched: the event stream is the only source, so no answer can race with an event.
  const { data: connections } = useQuery<readonly Connection[]>(
    { queryKey: connectionsKey, queryFn: () => backend.list(), enabled: false },
    queryClient,
  );
  return { ...actions, connections, status, streamError: error, retry: stream.retry, serverNow: store.clock.now };
}
