import type { TRPCProcedureBuilder, TRPCUnsetMarker as Unset } from "@trpc/server";

/** Who asks, as our procedures see him. */
export interface AskingUser {
  userId: string;
  /** Who it is by now, for what goes on longer than a call. */
  currentUserId: () => Promise<string | null>;
}

/** What our routers build on: the host's procedure with the user in its context. */
export type McpProcedure = TRPCProcedureBuilder<object, object, AskingUser, Unset, Unset, Unset, Unset, false>;
