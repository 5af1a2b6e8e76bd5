// These are the keys that `@trpc/react-query` and `@trpc/tanstack-react-query` make for these procedures under the key
// `mcp`. An app that uses one of them with the same query client reads and prefetches the same data.

export const connectionsKey = [["mcp", "connections", "list"], { type: "query" }] as const;

export const toolsKey = (sessionId: string) =>
  [["mcp", "tools", "list"], { input: { sessionId }, type: "query" }] as const;

/** Matches the tool lists of all sessions. */
export const anyToolsKey = [["mcp", "tools", "list"]] as const;

export const instructionsKey = (sessionId: string) =>
  [["mcp", "connections", "instructions"], { input: { sessionId }, type: "query" }] as const;

export const resourcesKey = (sessionId: string) =>
  [["mcp", "resources", "list"], { input: { sessionId }, type: "query" }] as const;

export const resourceTemplatesKey = (sessionId: string) =>
  [["mcp", "resources", "templates"], { input: { sessionId }, type: "query" }] as const;

export const promptsKey = (sessionId: string) =>
  [["mcp", "prompts", "list"], { input: { sessionId }, type: "query" }] as const;

/** In the same form, although a read is a mutation there, to keep the URI out of addresses. */
export const resourceKey = (sessionId: string, uri: string) =>
  [["mcp", "resources", "read"], { input: { sessionId, uri }, type: "query" }] as const;

/** Matches all resources that were read. */
export const anyResourceKey = [["mcp", "resources", "read"]] as const;

/** Match what servers offer besides tools, and say about it: of all sessions, or of one. */
export const offeredKeys = (sessionId?: string) =>
  [["resources"], ["prompts"], ["connections", "instructions"]].map((path) => [
    ["mcp", ...path],
    ...(sessionId === undefined ? [] : [{ input: { sessionId } }]),
  ]);
