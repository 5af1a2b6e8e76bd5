import { callbackOf, type McpUser, SessionNotFoundError } from "@mcp-assistant/core";
import type { Connection } from "@mcp-assistant/protocol";
import { expiredAttemptCookie, readAttemptCookie } from "../sign-in/attempt-cookie.js";

export interface FinishedAuth {
  connection: Connection;
  /** Ends the cookie of the attempt, which is over. */
  cookie: string;
}

/**
 * Finishes the sign-in that a callback belongs to, by the rules of the page `/api/mcp/auth/callback`: the user, the
 * cookie of the browser that started it, the address, the issuer (RFC 9207) and the connection's current sign-in must
 * match.
 *
 * `callback`: its whole address, or its query where that says which issuer it came from. Throws `INVALID_INPUT` for
 * anything else; `INVALID_STATE` and changes nothing when one of them does not match; `SESSION_NOT_FOUND` when the
 * connection was removed in the meantime.
 */
export async function finishAuth(
  request: Request,
  { user, callback, baseUrl }: { user: McpUser; callback: string; baseUrl: string },
): Promise<FinishedAuth> {
  const { attemptId } = await user.authorization.finish({
    ...callbackOf(callback, baseUrl),
    nonceOf: (attempt) => readAttemptCookie(request, attempt, baseUrl),
  });
  // The same callback may have come twice.
  const { connection } = await user.authorization.outcome(attemptId, { signal: request.signal });
  if (!connection) throw new SessionNotFoundError();
  return { connection, cookie: expiredAttemptCookie(attemptId, baseUrl) };
}
