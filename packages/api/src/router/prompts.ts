import { completeInputSchema, getPromptInputSchema, sessionInputSchema } from "@mcp-assistant/protocol";
import type { TRPCRouterRecord } from "@trpc/server";
import type { McpProcedure } from "./procedure.js";

export function promptsRouter(procedure: McpProcedure) {
  return {
    list: procedure
      .input(sessionInputSchema)
      .query(({ ctx, input, signal }) => ctx.user.listPrompts(input.sessionId, { signal })),
    /** A mutation, so that the arguments, which may be private, are in no address of this app. */
    get: procedure
      .input(getPromptInputSchema)
      .mutation(({ ctx, input, signal }) =>
        ctx.user.getPrompt(input.sessionId, input.name, input.arguments, { signal }),
      ),
  } satisfies TRPCRouterRecord;
}

export function completionsRouter(procedure: McpProcedure) {
  return {
    /** A mutation, for the same reason. */
    complete: procedure
      .input(completeInputSchema)
      .mutation(({ ctx, input: { sessionId, ...input }, signal }) => ctx.user.complete(sessionId, input, { signal })),
  } satisfies TRPCRouterRecord;
}
