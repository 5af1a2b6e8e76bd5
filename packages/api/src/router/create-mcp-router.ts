import type { Mcp, McpUser } from "@mcp-assistant/core";
import { TRPCError, type TRPCProcedureBuilder, type TRPCRouterRecord, type TRPCUnsetMarker } from "@trpc/server";
import { noUser } from "../stream/current-user.js";
import { connectionsRouter } from "./connections.js";
import { toTrpcError, trpcErrorOf } from "./errors.js";
import { eventsRouter } from "./events.js";
import { checkOwnTrpcCopy } from "./own-trpc-copy.js";
import type { McpProcedure } from "./procedure.js";
import { toolsRouter } from "./tools.js";

type Unset = TRPCUnsetMarker;
type Overwrite<TContext, TOverrides> = Omit<TContext, keyof TOverrides> & TOverrides;

/** A host's procedure: without input or output yet, with whatever middleware and context it has. */
type HostProcedure<TContext, TMeta, TOverrides> = TRPCProcedureBuilder<
  TContext,
  TMeta,
  TOverrides,
  Unset,
  Unset,
  Unset,
  Unset,
  false
>;

export interface McpRouterOptions<TContext, TMeta, TOverrides> {
  mcp: Mcp;
  /** The host's procedure, for example one that requires a signed-in user. All its middleware runs. */
  procedure: HostProcedure<TContext, TMeta, TOverrides>;
  /**
   * Who is asking, from the host's own authentication. `null` refuses the call.
   *
   * It is asked again every minute while an event stream is open. One that looks the session up ends the stream of a
   * user who has signed out; one that repeats what the context holds lets it go on until it ends by itself
   * (`maxDurationMs` of {@link mcpSseOptions}). An error that it throws then makes the browser open the stream anew.
   */
  userId: (context: Overwrite<TContext, TOverrides>) => string | null | Promise<string | null>;
}

/**
 * The procedures of mcp-redis as a router record for the host's own tRPC app:
 * `t.router({ mcp: createMcpRouter({ mcp, procedure, userId }) })`.
 *
 * @throws {ConfigurationError} The procedure comes from another copy of `@trpc/server` than the one that we import.
 *
 * Every procedure fails with UNAUTHORIZED when `userId` gives no user, with PRECONDITION_FAILED when what it gives is no
 * text that could be one, and otherwise with tRPC errors whose cause is the typed error: add {@link mcpErrorFormatter} to send it to the browser.
 */
export function createMcpRouter<TContext, TMeta, TOverrides>({
  mcp,
  procedure,
  userId,
}: McpRouterOptions<TContext, TMeta, TOverrides>) {
  // The one cast: how tRPC merges a generic context cannot be followed here; at the caller it is checked.
  const host = procedure as unknown as HostProcedure<object, object, object>;
  checkOwnTrpcCopy(host);
  const own: McpProcedure = host.use(async ({ ctx, next }) => {
    const currentUserId = async () => userId(ctx as Overwrite<TContext, TOverrides>);
    const asking = await currentUserId();
    if (!asking) throw trpcErrorOf(noUser());
    let user: McpUser;
    try {
      user = mcp.forUser(asking);
    } catch (cause) {
      throw toTrpcError(new TRPCError({ code: "PRECONDITION_FAILED", cause }));
    }
    const result = await next({ ctx: { user, currentUserId } });
    if (!result.ok) throw toTrpcError(result.error);
    return result;
  });
  return {
    connections: connectionsRouter(own),
    tools: toolsRouter(own),
    events: eventsRouter(own),
  } satisfies TRPCRouterRecord;
}
