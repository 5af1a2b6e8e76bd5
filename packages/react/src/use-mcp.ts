"use client";

import { type ConnectionActions, callTool, type McpBrowser, type StreamStatus } from "@mcp-assistant/client";
import type { CallProgress, ConnectInput, Connection, ErrorInfo, ToolInfo, ToolResult } from "@mcp-assistant/protocol";
import { use, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { type McpConnection, withTools } from "./mcp-connection.js";
import { McpContext, useMcpOutside } from "./mcp-context.js";
import { type OwnBrowserOptions, useOwnBrowser } from "./own-browser.js";
import { type Callbacks, useCallbacks } from "./use-callbacks.js";

export interface UseMcpOptions extends OwnBrowserOptions, Callbacks {
  /** Without a provider: opens the event stream when the component mounts. Default: true. */
  autoConnect?: boolean | undefined;
  /** Without a provider and with `autoConnect: false`: loads the connections once. Default: true. */
  autoInitialize?: boolean | undefined;
}

export interface UseMcpResult extends Omit<ConnectionActions, "connect"> {
  /** In the order in which they were created, each with its tools. Empty until the first snapshot has arrived. */
  connections: McpConnection[];
  /** How fresh `connections` is. For the state of a server, see its connection. */
  status: StreamStatus;
  /** Whether the connections are not known yet, and no error says why. */
  isInitializing: boolean;
  /** Why the stream is not live, if known. With the status "offline" it has ended: offer {@link retry}. */
  streamError: ErrorInfo | null;
  /**
   * Connects to a server and returns its `sessionId` as soon as the server has answered, also if it asks for a sign-in:
   * the connection's `state` says which. Rejects with an `McpSessionError` if no connection was made. Call it directly
   * in the click: it opens the sign-in window before it sends a request.
   */
  connect(input: ConnectInput): Promise<string>;
  /** Loads all connections now. Rarely needed: the event stream keeps them up to date. */
  refresh(): Promise<void>;
  /** Asks a connection's server whether it still answers, and returns the connection. */
  refreshSession(sessionId: string): Promise<Connection>;
  /** Opens the event stream, for example with `autoConnect: false`. */
  connectSSE(): void;
  /** Closes the event stream. What is known stays, with the status "offline". */
  disconnectSSE(): void;
  /** Reopens the stream now. */
  retry(): void;
  getConnection(sessionId: string): McpConnection | undefined;
  getConnectionByServerId(serverId: string): McpConnection | undefined;
  /** Whether the user is connected to the server with this `serverId`. */
  isServerConnected(serverId: string): boolean;
  /** A connection's tools as last listed. Empty until they are loaded. */
  getTools(sessionId: string): ToolInfo[];
  /**
   * Calls a tool. A tool's own failure is a result with `isError: true`. The call is never repeated, because it may have
   * had an effect. `onProgress` is called while the event stream is open. Rejects with an `McpSessionError`.
   */
  callTool(
    sessionId: string,
    name: string,
    args?: Record<string, unknown>,
    options?: { signal?: AbortSignal; onProgress?: (progress: CallProgress) => void },
  ): Promise<ToolResult>;
  /** The store's clock in ms since the epoch, for the times in connections and events. */
  serverNow(): number;
}

/**
 * The user's connections with their tools, and everything that can be done with them. Without a provider, give it the
 * `url` of the app's event stream. The functions are stable between renders.
 */
export function useMcp(options: UseMcpOptions = {}): UseMcpResult {
  const { autoConnect = true, autoInitialize = true } = options;
  const own = useOwnBrowser(options);
  const mcp = own ?? use(McpContext);
  if (!mcp) throw new Error(useMcpOutside);
  const { store, stream, streamSwitch, toolLoader } = mcp;
  const known = () => store.connections;
  const connections = useSyncExternalStore(store.subscribe, known, known);
  const lists = useSyncExternalStore(store.tools.all.subscribe, store.tools.all.get, store.tools.all.get);
  const { status, error } = useSyncExternalStore(stream.state.subscribe, stream.state.get, stream.state.get);
  const functions = useMemo(() => functionsOf(mcp), [mcp]);
  useCallbacks(mcp, options);
  useEffect(() => toolLoader.keepLoaded(), [toolLoader]);
  useEffect(() => (own ? streamSwitch.hold(autoConnect) : undefined), [own, streamSwitch, autoConnect]);
  const loadsOnce = own !== undefined && !autoConnect && autoInitialize;
  const [failed, setFailed] = useState<Functions>();
  useEffect(() => {
    if (loadsOnce) functions.refresh().catch(() => setFailed(functions));
  }, [functions, loadsOnce]);
  const shown = useMemo(
    () => (connections ?? []).map((connection) => withTools(connection, lists.get(connection.sessionId)?.tools)),
    [connections, lists],
  );
  const waits = own === undefined || autoConnect || (loadsOnce && failed !== functions);
  const isInitializing = connections === undefined && error === null && waits;
  return { ...functions, connections: shown, status, isInitializing, streamError: error };
}

type Functions = Omit<UseMcpResult, "connections" | "status" | "isInitializing" | "streamError">;

function functionsOf({ actions, backend, store, stream, streamSwitch }: McpBrowser): Functions {
  const toolsOf = (sessionId: string) => store.tools.get(sessionId)?.tools;
  const find = (isWanted: (connection: Connection) => boolean) => {
    const connection = store.connections?.find(isWanted);
    return connection && withTools(connection, toolsOf(connection.sessionId));
  };
  return {
    ...actions,
    connect: async (input) => (await actions.connect(input)).sessionId,
    refresh: async () => {
      const [before, user] = [store.connections, store.owner.get()];
      const listed = await backend.list();
      if (store.owner.get() === user) store.merge(listed, before);
    },
    refreshSession: async (sessionId) => {
      const connection = await backend.refreshSession(sessionId);
      store.learn(connection);
      return connection;
    },
    connectSSE: streamSwitch.on,
    disconnectSSE: streamSwitch.off,
    retry: stream.retry,
    getConnection: (sessionId) => find((connection) => connection.sessionId === sessionId),
    getConnectionByServerId: (serverId) => find((connection) => connection.serverId === serverId),
    isServerConnected: (serverId) => find((connection) => connection.serverId === serverId)?.state === "CONNECTED",
    getTools: (sessionId) => [...(toolsOf(sessionId) ?? [])],
    callTool: (sessionId, name, args = {}, options) =>
      callTool({ backend, store }, { sessionId, name, arguments: args, ...options }),
    serverNow: store.clock.now,
  };
}
