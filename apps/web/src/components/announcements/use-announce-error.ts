"use client";

import type { ErrorInfo } from "@mcp-assistant/mcp-redis/shared";
import { useCallback } from "react";
import { useAnnounce } from "./announcer";

/** Returns the `onError` of an action that announces its failure to screen readers at once. */
export function useAnnounceError(): (error: ErrorInfo) => void {
  const announce = useAnnounce();
  return useCallback(({ message, hint }) => announce(`${message}. ${hint}`, "assertive"), [announce]);
}
