import { followResourceInputSchema, readResourceInputSchema, sessionInputSchema } from "@mcp-assistant/protocol";
import type { TRPCRouterRecord } from "@trpc/server";
import type { McpProcedure } from "./procedure.js";

export function resourcesRouter(procedure: McpProcedure) {
  return {
    list: procedure
      .input(sessionInputSchema)
      .query(({ ctx, input, signal }) => ctx.user.listResources(input.sessionId, { signal })),
    templates: procedure
      .input(sessionInputSchema)
      .query(({ ctx, input, signal }) => ctx.user.listResourceTemplates(input.sessionId, { signal })),
    /** A mutation, so that the URI, which may be private, is in no address of this app. */
    read: procedure
      .input(readResourceInputSchema)
      .mutation(({ ctx, input, signal }) => ctx.user.readResource(input.sessionId, input.uri, { signal })),
    subscribe: procedure
      .input(followResourceInputSchema)
      .mutation(({ ctx, input: { sessionId, uri, ...input } }) => ctx.user.subscribeResource(sessionId, uri, input)),
    unsubscribe: procedure
      .input(followResourceInputSchema)
      .mutation(({ ctx, input: { sessionId, uri, ...input } }) => ctx.user.unsubscribeResource(sessionId, uri, input)),
  } satisfies TRPCRouterRecord;
}
