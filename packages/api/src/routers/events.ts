import type { Mcp } from "@mcp-assistant/core";
import { type McpConnectionEvent, subscribeInputSchema } from "@mcp-assistant/protocol";
import { type TRPCSubscriptionProcedure, tracked } from "@trpc/server";
import type { z } from "zod";
import type { McpProcedure } from "../create-mcp-router.js";
import { mapIterator } from "./map-iterator.js";

/** Written out because tRPC's own name for it cannot be imported from its public entry. */
type Subscribe = TRPCSubscriptionProcedure<{
  input: z.input<typeof subscribeInputSchema>;
  output: AsyncIterable<{ id: string; data: McpConnectionEvent }, undefined, unknown>;
  meta: object;
}>;

/** `subscribe`: all events of the user's connections; a snapshot first, or what was missed since `lastEventId`. */
export function eventsRouter(mcp: Mcp, procedure: McpProcedure): { subscribe: Subscribe } {
  return {
    subscribe: procedure.input(subscribeInputSchema).subscription(async ({ ctx, input, signal }) => {
      const lastEventId = input?.lastEventId ?? undefined;
      const events = await mcp.subscribe({ userId: ctx.userId, lastEventId, signal });
      return mapIterator(events, ({ id, event }) => tracked(id, event));
    }),
  };
}
