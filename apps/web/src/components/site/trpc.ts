import type { McpAppRouter } from "@mcp-assistant/mcp-redis/server";
import { type CreateTRPCReact, createTRPCReact } from "@trpc/react-query";

/** tRPC's own hooks, over the same cache as those of mcp-redis. */
export const trpc: CreateTRPCReact<McpAppRouter, unknown> = createTRPCReact<McpAppRouter>();
