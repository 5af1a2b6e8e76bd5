import { useMyConnections } from "./12-use-mcp-surface.js";

export type Mine = ReturnType<typeof useMyConnections>;

const lines: string[] = [];

/** A page that shows one line, and leaves the hook's latest result and what it has logged to the test. */
export function Panel({ userId, authToken }: { userId: string; authToken: string }) {
  const mine = useMyConnections({ userId, authToken, log: (line) => lines.push(line) });
  Object.assign(globalThis, { mine, lines });
  const { connections, status, isInitializing } = mine.state;
  return `${connections.length} connections, ${status}${isInitializing ? ", loading" : ""}`;
}
