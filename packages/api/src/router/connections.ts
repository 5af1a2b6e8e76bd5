import {
  connectInputSchema,
  reconnectInputSchema,
  renameInputSchema,
  sessionInputSchema,
} from "@mcp-assistant/protocol";
import type { TRPCRouterRecord } from "@trpc/server";
import type { McpProcedure } from "./procedure.js";

export function connectionsRouter(procedure: McpProcedure) {
  return {
    list: procedure.query(({ ctx, signal }) => ctx.user.list({ signal })),
    connect: procedure.input(connectInputSchema).mutation(({ ctx, input }) => ctx.user.connect(input)),
    reconnect: procedure
      .input(reconnectInputSchema)
      .mutation(({ ctx, input: { sessionId, ...options } }) => ctx.user.reconnect(sessionId, options)),
    /** Changes the user's name for the server. */
    rename: procedure
      .input(renameInputSchema)
      .mutation(({ ctx, input }) => ctx.user.rename(input.sessionId, input.serverName)),
    /** What the server says about its use. Asks the server. */
    instructions: procedure
      .input(sessionInputSchema)
      .query(({ ctx, input, signal }) => ctx.user.instructions(input.sessionId, { signal })),
    /** Keeps the sign-in. Also cancels a connect in progress. */
    disconnect: procedure.input(sessionInputSchema).mutation(({ ctx, input }) => ctx.user.disconnect(input.sessionId)),
    /** Ends the connection and erases its sign-in, also at the authorization server if it supports that. */
    signOut: procedure.input(sessionInputSchema).mutation(({ ctx, input }) => ctx.user.signOut(input.sessionId)),
    /** Asks the server whether it still answers. */
    refreshSession: procedure
      .input(sessionInputSchema)
      .mutation(({ ctx, input }) => ctx.user.refreshSession(input.sessionId)),
    /** Erases the connection and its sign-in. */
    remove: procedure.input(sessionInputSchema).mutation(({ ctx, input }) => ctx.user.remove(input.sessionId)),
  } satisfies TRPCRouterRecord;
}
