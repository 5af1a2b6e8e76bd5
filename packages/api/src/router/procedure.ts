import type { McpUser } from "@mcp-assistant/core";
import type { TRPCProcedureBuilder, TRPCUnsetMarker as Unset } from "@trpc/server";
import type { CurrentUserId } from "../stream/current-user.js";

/** The user who makes the call, as our procedures see them. */
interface AskingUser {
  /** Everything that the user can do. */
  user: McpUser;
  /** Who is signed in by now, for streams that outlive a call. */
  currentUserId: CurrentUserId;
}

/** The base of our routers: the host's procedure with the user in its context. */
export type McpProcedure = TRPCProcedureBuilder<object, object, AskingUser, Unset, Unset, Unset, Unset, false>;
