import { mapIterator } from "@mcp-assistant/core";
import { type McpConnectionEvent, subscribeInputSchema } from "@mcp-assistant/protocol";
import { type TRPCRouterRecord, type TRPCSubscriptionProcedure, tracked } from "@trpc/server";
import type * as z from "zod";
import { userEvents } from "../stream/user-events.js";
import { userKeyOf } from "../stream/user-key.js";
import { userError } from "./errors.js";
import type { McpProcedure } from "./procedure.js";

/** Written out because tRPC does not export its own name for this type. */
type Subscribe = TRPCSubscriptionProcedure<{
  input: z.input<typeof subscribeInputSchema>;
  output: AsyncIterable<{ id: string; data: McpConnectionEvent }, undefined, unknown>;
  meta: object;
}>;

/**
 * `subscribe`: see {@link userEvents}. `userKey`: tells users apart in a browser, see {@link userKeyOf}.
 */
export function eventsRouter(procedure: McpProcedure) {
  const subscribe: Subscribe = procedure.input(subscribeInputSchema).subscription(async ({ ctx, input, signal }) => {
    const events = await userEvents(ctx.user, { ...input, currentUserId: ctx.currentUserId, signal });
    return mapIterator(events, { value: ({ id, event }) => tracked(id, event), failed: userError });
  });
  return { subscribe, userKey: procedure.query(({ ctx }) => userKeyOf(ctx.user.userId)) } satisfies TRPCRouterRecord;
}
