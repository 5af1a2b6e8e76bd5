"use client";

import type { StreamStatus } from "@mcp-assistant/client";
import type { ErrorInfo } from "@mcp-assistant/protocol";
import { useSyncExternalStore } from "react";
import { useMcpContext } from "./mcp-context.js";

export interface UseMcpStreamResult {
  /** How fresh the connections are. For the state of a server, see its connection. */
  status: StreamStatus;
  /** Why the stream is not live, if known. With the status "offline" it has ended: offer {@link retry}. */
  error: ErrorInfo | null;
  /** Reopens the stream now. */
  retry(): void;
  /** The store's clock in ms since the epoch, for the times in connections and events. */
  serverNow(): number;
}

/** The event stream that keeps the connections up to date. The functions are stable between renders. */
export function useMcpStream(): UseMcpStreamResult {
  const { store, stream } = useMcpContext("useMcpStream");
  const { status, error } = useSyncExternalStore(stream.state.subscribe, stream.state.get, stream.state.get);
  return { status, error, retry: stream.retry, serverNow: store.clock.now };
}
