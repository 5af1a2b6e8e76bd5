import type { Mcp } from "@mcp-assistant/core";
import { callToolInputSchema, sessionInputSchema } from "@mcp-assistant/protocol";
import type { TRPCRouterRecord } from "@trpc/server";
import type { McpProcedure } from "./procedure.js";

/** On the server use `mcp.client()`: a tRPC caller keeps the name `call` for itself. */
export function toolsRouter(mcp: Mcp, procedure: McpProcedure) {
  return {
    /** The tools as last listed, in whatever state the connection is. */
    list: procedure
      .input(sessionInputSchema)
      .query(({ ctx, input }) => mcp.tools({ userId: ctx.userId, sessionId: input.sessionId })),
    call: procedure.input(callToolInputSchema).mutation(async ({ ctx, input, signal }) => {
      const client = mcp.client({ userId: ctx.userId, sessionId: input.sessionId });
      try {
        return await client.callTool(input.name, input.arguments, signal ? { signal } : {});
      } finally {
        await client.close();
      }
    }),
  } satisfies TRPCRouterRecord;
}
