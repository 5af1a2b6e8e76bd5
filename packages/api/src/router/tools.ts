import { callToolInputSchema, sessionInputSchema } from "@mcp-assistant/protocol";
import type { TRPCRouterRecord } from "@trpc/server";
import type { McpProcedure } from "./procedure.js";

/** On the server use `mcp.forUser()`: tRPC callers reserve the name `call`. */
export function toolsRouter(procedure: McpProcedure) {
  return {
    /** The tools as last listed, whatever the state of the connection. */
    list: procedure
      .input(sessionInputSchema)
      .query(async ({ ctx, input, signal }) => (await ctx.user.listTools(input.sessionId, { signal })).tools),
    call: procedure
      .input(callToolInputSchema)
      .mutation(({ ctx, input: { sessionId, name, arguments: args, callId }, signal }) =>
        ctx.user.callTool(sessionId, name, args, { signal, callId }),
      ),
  } satisfies TRPCRouterRecord;
}
