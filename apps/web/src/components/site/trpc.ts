import type { McpAppRouter } from "@mcp-assistant/mcp-redis/server";
import { type CreateTRPCReact, createTRPCReact } from "@trpc/react-query";

/** tRPC's own hooks, on the same cache as the mcp-redis hooks. */
export const trpc: CreateTRPCReact<McpAppRouter, unknown> = createTRPCReact<McpAppRouter>();
