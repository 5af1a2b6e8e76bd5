"use client";

import { useConnections } from "@mcp-assistant/mcp-redis/client";
import { type Dispatch, type SetStateAction, useState } from "react";

type Kept<T> = ReadonlyMap<string, T>;

/** State for each connection, by its `sessionId`. It is dropped when the connection is removed. */
export function useKeptPerConnection<T>(): [kept: Kept<T>, setKept: Dispatch<SetStateAction<Kept<T>>>] {
  const { data: connections } = useConnections();
  const [kept, setKept] = useState<Kept<T>>(new Map());
  const gone = connections && [...kept.keys()].filter((id) => !connections.some(({ sessionId }) => sessionId === id));
  if (gone && gone.length > 0) setKept(new Map([...kept].filter(([id]) => !gone.includes(id))));
  return [kept, setKept];
}
