import type { Mcp, McpUser } from "@mcp-assistant/core";
import { TRPCError, type TRPCProcedureBuilder, type TRPCRouterRecord, type TRPCUnsetMarker } from "@trpc/server";
import { askApp, noUser } from "../stream/current-user.js";
import { checkSetup } from "./check-setup.js";
import { connectionsRouter } from "./connections.js";
import { toTrpcError, trpcErrorOf, userError } from "./errors.js";
import { eventsRouter } from "./events.js";
import { checkOwnTrpcCopy } from "./own-trpc-copy.js";
import type { McpProcedure } from "./procedure.js";
import { completionsRouter, promptsRouter } from "./prompts.js";
import { resourcesRouter } from "./resources.js";
import { toolsRouter } from "./tools.js";

type Unset = TRPCUnsetMarker;
type Overwrite<TContext, TOverrides> = Omit<TContext, keyof TOverrides> & TOverrides;

/** A host's procedure with any middleware and context, and without input or output yet. */
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
   * Returns the id of the user who makes the call, from the host's own authentication. `null` refuses the call.
   *
   * It is called again every minute while an event stream is open. If it looks the session up, the stream of a user who
   * has signed out ends. If it only repeats what the context holds, that stream continues until its maximum duration
   * (`maxDurationMs` of `mcpSseOptions`). If it throws, the browser reopens the stream.
   */
  userId: (context: Overwrite<TContext, TOverrides>) => string | null | Promise<string | null>;
}

/**
 * The procedures of mcp-redis as a router record for the host's own tRPC app:
 * `t.router({ mcp: createMcpRouter({ mcp, procedure, userId }) })`.
 *
 * @throws {ConfigurationError} The procedure comes from another copy of `@trpc/server` than the one that we import, the
 * `mcp` is of another version, or `userId` is missing.
 *
 * Every procedure fails with UNAUTHORIZED if `userId` returns no user, and with PRECONDITION_FAILED if it returns an
 * invalid user id. All other errors are tRPC errors with our typed error as their cause: add `mcpErrorFormatter`
 * to send it to the browser.
 */
export function createMcpRouter<TContext, TMeta, TOverrides>({
  mcp,
  procedure,
  userId,
}: McpRouterOptions<TContext, TMeta, TOverrides>) {
  checkSetup("createMcpRouter", { mcp, userId });
  // TypeScript cannot follow here how tRPC merges a generic context. The types are checked at the caller.
  const host = procedure as unknown as HostProcedure<object, object, object>;
  checkOwnTrpcCopy(host);
  const own: McpProcedure = host.use(async ({ ctx, next }) => {
    const currentUserId = async () => userId(ctx as Overwrite<TContext, TOverrides>);
    const asking = await askApp(currentUserId).catch((error: unknown) => {
      throw userError(error);
    });
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
    resources: resourcesRouter(own),
    prompts: promptsRouter(own),
    completions: completionsRouter(own),
    events: eventsRouter(own),
  } satisfies TRPCRouterRecord;
}
