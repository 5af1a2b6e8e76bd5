"use client";

import { useConnections } from "@mcp-assistant/mcp-redis/client";
import { Fragment, type ReactNode, useState } from "react";

/**
 * Resets everything below it when the known connections are dropped, which happens when another user signs in: that
 * user must not see what the previous one typed, was answered or heard announced.
 */
export function FreshForEachUser({ children }: { children: ReactNode }) {
  const known = useConnections().data !== undefined;
  const [user, setUser] = useState({ count: 0, known });
  if (known !== user.known) setUser({ count: user.count + (known ? 0 : 1), known });
  return <Fragment key={user.count}>{children}</Fragment>;
}
