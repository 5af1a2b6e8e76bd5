import { setTimeout as pause } from "node:timers/promises";
import { type McpUser, SessionNotFoundError } from "@mcp-assistant/core";
import { type Connection, parseUrl } from "@mcp-assistant/protocol";
import { expiredAttemptCookie, readAttemptCookie } from "../sign-in/attempt-cookie.js";

export interface FinishedAuth {
  connection: Connection;
  /** Ends the cookie of the attempt, which is over. */
  cookie: string;
}

/** How often (ms) to look whether another request has finished the same sign-in. */
const lookEveryMs = 250;

/**
 * Finishes the sign-in that a callback belongs to, by the rules of the page `/api/mcp/auth/callback`: the user, the
 * cookie of the browser that started it, the issuer (RFC 9207) and the connection's current sign-in must match.
 *
 * `callback`: the query of the callback, or its whole address. Throws `INVALID_STATE` and changes nothing when one of
 * them does not match; `SESSION_NOT_FOUND` when the connection was removed in the meantime.
 */
export async function finishAuth(
  request: Request,
  { user, callback, baseUrl }: { user: McpUser; callback: string; baseUrl: string },
): Promise<FinishedAuth> {
  const { attemptId } = await user.authorization.finish({
    params: paramsOf(callback),
    nonceOf: (attempt) => readAttemptCookie(request, attempt, baseUrl),
  });
  let status = await user.authorization.status(attemptId);
  // The same callback may have come twice. This always ends: a sign-in that takes too long counts as failed.
  while (status.finishing && !request.signal.aborted) {
    await pause(lookEveryMs);
    status = await user.authorization.status(attemptId);
  }
  if (!status.connection) throw new SessionNotFoundError();
  return { connection: status.connection, cookie: expiredAttemptCookie(attemptId, baseUrl) };
}

function paramsOf(callback: string): URLSearchParams {
  return parseUrl(callback)?.searchParams ?? new URLSearchParams(callback.slice(callback.indexOf("?") + 1));
}
