import type { McpUser } from "@mcp-assistant/core";
import type { TRPCProcedureBuilder, TRPCUnsetMarker as Unset } from "@trpc/server";
import type { CurrentUserId } from "../stream/current-user.js";

/** Who asks, as our procedures see them. */
interface AskingUser {
  /** Everything that they can do. */
  user: McpUser;
  /** Who it is by now, for what goes on longer than a call. */
  currentUserId: CurrentUserId;
}

/** What our routers build on: the host's procedure with the user in its context. */
export type McpProcedure = TRPCProcedureBuilder<object, object, AskingUser, Unset, Unset, Unset, Unset, false>;
