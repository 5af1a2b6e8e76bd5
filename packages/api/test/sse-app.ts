import { createMcp, type Mcp, type McpOptions } from "@mcp-assistant/core";
import type { McpObservabilityEvent } from "@mcp-assistant/protocol";
import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import { createSSEHandler, type SSEHandlerOptions } from "../src/index.js";
import { type RawRequest, send } from "./edge-app.js";
import { watchable } from "./watch.js";

/** The app's own authentication: a cookie for browsers, a token for programs. */
function userOf({ headers }: Request): string | null {
  const [, user] = /(?:^|; )user=([^;]+)/.exec(headers.get("cookie") ?? "") ?? [];
  return user ?? /^Bearer (\S+)$/.exec(headers.get("authorization") ?? "")?.[1] ?? null;
}

/** `createSSEHandler` as a whole server at its own baseUrl. */
export async function startSseApp(options: Partial<McpOptions> = {}, handler: Partial<SSEHandlerOptions> = {}) {
  const logged: McpObservabilityEvent[] = [];
  let mcp: Mcp | undefined;
  const lazily = {
    userId: userOf,
    ...handler,
    get mcp() {
      return mcp;
    },
  };
  const server = await startLoopbackServer(createSSEHandler(lazily));
  mcp = createMcp({
    storage: "memory",
    baseUrl: server.origin,
    limits: { ...watchable, connectsPerMinute: 60_000, signInsPerMinute: 60_000, callsPerMinute: 60_000 },
    logger: (event) => void logged.push(event),
    ...options,
  });
  const made = mcp;
  return {
    mcp: made,
    origin: server.origin,
    url: `${server.origin}/api/mcp/sse`,
    logged,
    send: (request: Omit<RawRequest, "path"> & { path?: string }) =>
      send(server.origin, { path: "/api/mcp/sse", ...request }),
    close: async () => {
      await server.close();
      await made.close();
    },
  };
}

export type SseApp = Awaited<ReturnType<typeof startSseApp>>;
