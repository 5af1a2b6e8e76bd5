"use client";

import { useMcp } from "@mcp-assistant/mcp-redis/client";
import { Fragment, type ReactNode, useState } from "react";

/**
 * Begins everything below it anew when the connections of before are dropped, as they are when somebody else has signed
 * in: what was typed, answered and announced is none of his business either.
 */
export function FreshForEachUser({ children }: { children: ReactNode }) {
  const known = useMcp().connections !== undefined;
  const [user, setUser] = useState({ count: 0, known });
  if (known !== user.known) setUser({ count: user.count + (known ? 0 : 1), known });
  return <Fragment key={user.count}>{children}</Fragment>;
}
