"use client";

import type { McpSessionError } from "@mcp-assistant/mcp-redis/shared";
import { useState } from "react";

/** The error of an action, until `circumstances` change: it may no longer be true then. */
export function useFreshError(
  { error }: { error: McpSessionError | null },
  circumstances: string,
): McpSessionError | null {
  const [before, setBefore] = useState<{ circumstances: string; error: McpSessionError | null }>({
    circumstances,
    error: null,
  });
  if (circumstances !== before.circumstances) setBefore({ circumstances, error });
  return error === before.error ? null : error;
}
