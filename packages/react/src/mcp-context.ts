"use client";

import type { McpBrowser } from "@mcp-assistant/client";
import type { QueryClient } from "@tanstack/react-query";
import { createContext, useContext } from "react";

/** What a provider gives to the hooks below it. */
export interface McpContextValue extends McpBrowser {
  queryClient: QueryClient;
}

export const McpContext = createContext<McpContextValue | null>(null);

/** What the provider above gives to a hook. Throws an error for the developer if there is none. */
export function useMcpContext(hook: string): McpContextValue {
  const value = useContext(McpContext);
  if (!value) throw new Error(`${hook}() ${outside}`);
  return value;
}

const outside =
  "is used outside of <McpProvider>. Put the component that calls it inside of " +
  '<McpProvider>…</McpProvider>, which "@mcp-assistant/mcp-redis/client" exports.';

export const useMcpOutside = `useMcp() ${outside} Or write useMcp({ url: "/api/mcp/sse" }), which needs no provider.`;
