import type { Mcp } from "@mcp-assistant/core";
import { type McpConnectionEvent, subscribeInputSchema } from "@mcp-assistant/protocol";
import { type TRPCRouterRecord, type TRPCSubscriptionProcedure, tracked } from "@trpc/server";
import type { z } from "zod";
import { noUser, userChanged, userNotKnown } from "../errors.js";
import { checkedIterator } from "./checked-iterator.js";
import { mapIterator } from "./map-iterator.js";
import type { AskingUser, McpProcedure } from "./procedure.js";
import { userKeyOf } from "./user-key.js";

/** Written out because tRPC's own name for it cannot be imported from its public entry. */
type Subscribe = TRPCSubscriptionProcedure<{
  input: z.input<typeof subscribeInputSchema>;
  output: AsyncIterable<{ id: string; data: McpConnectionEvent }, undefined, unknown>;
  meta: object;
}>;

/**
 * `subscribe`: all events of the user's connections; a snapshot first, or what was missed since `lastEventId`. It ends
 * when he is no longer the one who is signed in, and with a `userKey` it does not begin for anybody else.
 * `userKey`: what tells users apart in a browser, see {@link userKeyOf}.
 */
export function eventsRouter(mcp: Mcp, procedure: McpProcedure) {
  const subscribe: Subscribe = procedure.input(subscribeInputSchema).subscription(async ({ ctx, input, signal }) => {
    const { lastEventId, userKey } = input ?? {};
    if (typeof userKey === "string" && userKey !== userKeyOf(ctx.userId)) throw userChanged();
    const events = await mcp.subscribe({ userId: ctx.userId, lastEventId: lastEventId ?? undefined, signal });
    return checkedIterator(
      mapIterator(events, ({ id, event }) => tracked(id, event)),
      { check: () => checkUser(ctx), noAnswer: () => userNotKnown(), signal },
    );
  });
  return { subscribe, userKey: procedure.query(({ ctx }) => userKeyOf(ctx.userId)) } satisfies TRPCRouterRecord;
}

/** Rejects unless the user of a stream is still the one who is signed in. */
async function checkUser({ userId, currentUserId }: AskingUser): Promise<void> {
  let current: string | null;
  try {
    current = await currentUserId();
  } catch (error) {
    throw userNotKnown(error);
  }
  if (!current) throw noUser();
  if (current !== userId) throw userChanged();
}
