"use client";

import type { McpBrowser } from "@mcp-assistant/client";
import type { QueryClient } from "@tanstack/react-query";
import { createContext, useContext } from "react";

/** What a provider gives to the hooks below it. */
export interface McpContextValue extends McpBrowser {
  queryClient: QueryClient;
}

export const McpContext = createContext<McpContextValue | null>(null);

export function useMcpContext(): McpContextValue {
  const value = useContext(McpContext);
  if (!value) throw new Error("There is no <McpProvider> above this component");
  return value;
}
