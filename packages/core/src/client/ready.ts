import { type ConnectDeps, reconnect } from "../connection/connect.js";
import { waitForRest } from "../connection/wait-for-rest.js";
import { AuthorizationRequiredError, NotConnectedError, ScopeRequiredError } from "../errors.js";
import { singleFlight } from "../process-wide.js";
import type { SessionRecord } from "../session/session-record.js";
import type { StoredSession } from "../session/session-store.js";

/** One user's session, by its id. */
export interface SessionOfUser {
  userId: string;
  sessionId: string;
}

/**
 * The session, if it can be used. One read suffices when it is connected; after a temporary failure it is first
 * connected again. With `counted`, the read also counts against the user's rate limit. Throws `SESSION_NOT_FOUND`,
 * `RATE_LIMITED`, or an error that says why the session cannot be used.
 */
export async function ready(deps: ConnectDeps, session: SessionOfUser, counted?: "calls"): Promise<StoredSession> {
  const { sessions, rates } = deps;
  const { userId, sessionId } = session;
  const reading = sessions.read(userId, sessionId);
  const stored = await (counted ? rates.takeWhile(userId, counted, reading) : reading);
  if (stored.record.state === "CONNECTED") return stored;
  const { state, error } = await waitForRest(deps, stored.record);
  if (state === "FAILED" && error?.retryable) await reconnectOnce(deps, session);
  const rested = await sessions.read(userId, sessionId);
  if (rested.record.state === "CONNECTED") return rested;
  throw notConnected(rested.record);
}

/** Calls that find the session failed at the same moment share one reconnect, because every connect is counted. */
function reconnectOnce(deps: ConnectDeps, { userId, sessionId }: SessionOfUser): Promise<unknown> {
  const key = JSON.stringify([deps.storeId, userId, sessionId]);
  return singleFlight("reconnect", key, () => reconnect(deps, userId, { sessionId }));
}

function notConnected({ state, error }: SessionRecord) {
  if (state === "AUTHENTICATING" || error?.code === "AUTHORIZATION_REQUIRED") {
    return new AuthorizationRequiredError({
      message: "The server asks you to sign in",
      hint: "Open the connection and sign in.",
      retryable: false,
    });
  }
  if (error?.code === "SCOPE_REQUIRED") return new ScopeRequiredError(error);
  return new NotConnectedError({
    message: error ? `Not connected: ${error.message}` : "Not connected",
    // A reconnect would fail in the same way; the error's own hint says what helps.
    hint: error && !error.retryable ? error.hint : "Reconnect first.",
    ...(error?.operatorHint ? { operatorHint: error.operatorHint } : {}),
    retryable: false,
  });
}
