"use client";

import type { McpSessionError } from "@mcp-assistant/protocol";
import { useEffect, useState } from "react";
import { useMcpContext } from "./mcp-context.js";

/**
 * Follows a resource while the component is mounted, so that `useResource` reads it again when its server says that it has
 * changed. `error` says why it cannot be followed: `NOT_SUPPORTED` if the server tells of no changes.
 */
export function useFollowResource(
  sessionId: string,
  uri: string,
  { enabled = true }: { enabled?: boolean } = {},
): { error: McpSessionError | null } {
  const { followed } = useMcpContext("useFollowResource");
  const [error, setError] = useState<McpSessionError | null>(null);
  useEffect(() => {
    setError(null);
    return enabled ? followed.follow(sessionId, uri, setError) : undefined;
  }, [followed, sessionId, uri, enabled]);
  return { error };
}
