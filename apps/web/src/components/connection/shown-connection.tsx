"use client";

import type { Connection } from "@mcp-assistant/mcp-redis/shared";
import { createContext, use } from "react";

export const ShownConnection = createContext<Connection | null>(null);

/** The connection that the page is about. */
export function useShownConnection(): Connection {
  const value = use(ShownConnection);
  if (!value) throw new Error("There is no connection above this component");
  return value;
}
