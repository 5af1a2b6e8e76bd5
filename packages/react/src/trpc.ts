import type { McpAppRouter } from "@mcp-assistant/api";
import type { TRPCClient } from "@trpc/client";
import { type CreateTRPCReact, createTRPCReact, getQueryKey } from "@trpc/react-query";
import { createContext } from "react";

export type McpTrpcClient = TRPCClient<McpAppRouter>;

/** Has a React context of its own, so that a host's tRPC hooks below our provider still find theirs. */
export const trpc: CreateTRPCReact<McpAppRouter, unknown> = createTRPCReact<McpAppRouter>({
  context: createContext(null),
});

export const connectionsKey = getQueryKey(trpc.mcp.connections.list, undefined, "query");

export const toolsKey = (sessionId: string) => getQueryKey(trpc.mcp.tools.list, { sessionId }, "query");

/** Matches the tool lists of all sessions. */
export const anyToolsKey = getQueryKey(trpc.mcp.tools.list);
