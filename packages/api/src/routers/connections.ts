import type { Mcp } from "@mcp-assistant/core";
import { connectInputSchema, reconnectInputSchema, sessionInputSchema } from "@mcp-assistant/protocol";
import type { TRPCRouterRecord } from "@trpc/server";
import type { McpProcedure } from "./procedure.js";

export function connectionsRouter(mcp: Mcp, procedure: McpProcedure) {
  return {
    list: procedure.query(({ ctx }) => mcp.list(ctx.userId)),
    connect: procedure.input(connectInputSchema).mutation(({ ctx, input }) => mcp.connect(ctx.userId, input)),
    reconnect: procedure
      .input(reconnectInputSchema)
      .mutation(({ ctx, input }) => mcp.reconnect({ ...input, userId: ctx.userId })),
    /** Also cancels what is under way. Keeps the sign-in. */
    disconnect: procedure
      .input(sessionInputSchema)
      .mutation(({ ctx, input }) => mcp.disconnect({ userId: ctx.userId, sessionId: input.sessionId })),
    /** Ends the connection and erases its sign-in, also at the authorization server where that is offered. */
    forget: procedure
      .input(sessionInputSchema)
      .mutation(({ ctx, input }) => mcp.forget({ userId: ctx.userId, sessionId: input.sessionId })),
    /** Erases the connection and its sign-in. */
    remove: procedure
      .input(sessionInputSchema)
      .mutation(({ ctx, input }) => mcp.remove({ userId: ctx.userId, sessionId: input.sessionId })),
  } satisfies TRPCRouterRecord;
}
