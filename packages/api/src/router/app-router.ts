import type { Mcp } from "@mcp-assistant/core";
import { initTRPC } from "@trpc/server";
import { createMcpRouter } from "./create-mcp-router.js";
import { appErrorFormatter } from "./errors.js";
import { mcpSseOptions } from "./sse-options.js";

export interface AppContext {
  /** The user who is signed in at this moment. A stream checks it again while it is open. */
  userId: () => Promise<string | null>;
}

/** The tRPC app of our own handler: the procedures under `mcp`, as in a host's app. */
export function createAppRouter(mcp: Mcp) {
  const t = initTRPC.context<AppContext>().create({
    sse: mcpSseOptions,
    errorFormatter: appErrorFormatter,
    // A stack never leaves the server, whatever the value of NODE_ENV.
    isDev: false,
  });
  return t.router({
    mcp: createMcpRouter({ mcp, procedure: t.procedure, userId: ({ userId }) => userId() }),
  });
}

/** The router's type, for clients. */
export type McpAppRouter = ReturnType<typeof createAppRouter>;
