import { type Connection, McpSessionError } from "@mcp-assistant/protocol";
import { attemptIdOf } from "../authorization/sign-in/attempt.js";
import { hasOwnAddress } from "../authorization/sign-in/callback-address.js";
import { finishAttempt } from "../authorization/sign-in/finish.js";
import { onlyOpenAttempt, promisesIssuer } from "../authorization/sign-in/open-attempts.js";
import type { AttemptStatus } from "../authorization/sign-in/sign-in.js";
import { readOutcome } from "../authorization/sign-in/status.js";
import { complete } from "../connection/connect.js";
import { AccessDeniedError, AuthorizationFailedError, InvalidStateError, SessionNotFoundError } from "../errors.js";
import { bareCodeRefused, callbackOf } from "./callback-params.js";
import type { ClientDeps } from "./client-deps.js";
import type { SessionOfUser } from "./ready.js";

/**
 * Finishes a sign-in that was started without a browser, and makes the client use its session. Of several callers with
 * the same callback, one exchanges the code, and all get the same answer. Throws what came of it instead of a connection.
 */
export async function finishAuth(deps: ClientDeps, session: SessionOfUser, given: unknown): Promise<Connection> {
  const { params, cameTo, isBare } = callbackOf(given, new URL(deps.redirectUrls[0]).origin);
  const attemptId = isBare ? await attemptOfBareCode(deps, session) : attemptIdOf(params.get("state") ?? "");
  const attempt = await deps.attempts.read(attemptId, session.userId);
  if (attempt?.userId === session.userId) {
    if (session.sessionId !== "" && attempt.sessionId !== session.sessionId) throw new InvalidStateError("unknown");
    session.sessionId = attempt.sessionId;
  }
  const { userId } = session;
  const callback = { attemptId, params, cameTo, nonceOf: null };
  const { failure } = await finishAttempt(deps, userId, callback, (signedIn, before) =>
    complete(deps, signedIn, before),
  );
  if (failure) throw failure;
  return outcomeOf(await readOutcome(deps, { userId, attemptId }));
}

/** The attempt that a bare code must belong to. Throws if there is none, or if that cannot be told. */
async function attemptOfBareCode(deps: ClientDeps, { userId, sessionId }: SessionOfUser): Promise<string> {
  if (sessionId === "") throw bareCodeRefused();
  const { record } = await deps.sessions.read(userId, sessionId);
  const only = await onlyOpenAttempt(deps.attempts, record);
  if (only === "none") throw new InvalidStateError("unknown");
  if (only === "several" || promisesIssuer(only.attempt) || hasOwnAddress(only.attempt)) throw bareCodeRefused();
  return only.attemptId;
}

function outcomeOf({ status, connection }: AttemptStatus): Connection {
  if (!connection) throw new SessionNotFoundError();
  if (status === "connected") return connection;
  if (status === "declined") {
    throw new AccessDeniedError({ message: connection.reason ?? "You declined access", retryable: false });
  }
  if (status === "overtaken" || status === "open") throw new InvalidStateError("overtaken");
  if (connection.error) throw new McpSessionError(connection.error);
  throw new AuthorizationFailedError({ message: "The sign-in did not work", retryable: false });
}
