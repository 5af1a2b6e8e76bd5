import { type ConnectResult, McpSessionError } from "@mcp-assistant/protocol";
import { connect } from "../connection/connect.js";
import type { ClientDeps } from "./client-deps.js";
import type { SessionOfUser } from "./ready.js";
import type { SessionClientOptions } from "./session-client-options.js";

/**
 * Creates and connects the session that a client describes, and makes the client use it. Returns whether that is another
 * one than before. Throws what stopped it; whether a sign-in is wanted, the session says.
 */
export async function connectOwn(
  deps: ClientDeps,
  session: SessionOfUser,
  { sessionId, serverUrl = "", serverId, serverName, callbackUrl, transportType }: SessionClientOptions,
): Promise<boolean> {
  const input = { serverUrl, serverId, serverName, callbackUrl, transportType };
  let result = await connect(deps, session.userId, input, sessionId ?? "");
  // A process was killed at this work. After waiting for its end, do it.
  if (result.error?.code === "INTERRUPTED") result = await connect(deps, session.userId, input, sessionId ?? "");
  const isAnother = session.sessionId !== result.sessionId;
  session.sessionId = result.sessionId;
  throwFailure(result);
  return isAnother;
}

function throwFailure({ state, error }: ConnectResult): void {
  if (state === "FAILED" && error) throw new McpSessionError(error);
}
