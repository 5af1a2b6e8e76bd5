import { setTimeout as pause } from "node:timers/promises";
import { type Connection, McpSessionError } from "@mcp-assistant/protocol";
import { type Attempt, attemptIdOf } from "../authorization/sign-in/attempt.js";
import { finishAttempt } from "../authorization/sign-in/finish.js";
import type { AttemptStatus } from "../authorization/sign-in/sign-in.js";
import { readStatus } from "../authorization/sign-in/status.js";
import { complete } from "../connection/connect.js";
import { AccessDeniedError, AuthorizationFailedError, InvalidStateError, SessionNotFoundError } from "../errors.js";
import { bareCodeRefused, callbackOf } from "./callback-params.js";
import type { ClientDeps } from "./client-deps.js";
import type { SessionOfUser } from "./ready.js";

/** How many sign-ins of one flow are looked at for one that is still open. More than that is too many to tell apart. */
const maxAttempts = 20;

/** The longest pause (ms) between two looks at another process that is finishing the same sign-in. */
const maxPauseMs = 400;

/**
 * Finishes a sign-in that was started without a browser, and makes the client use its session. Of several callers with
 * the same callback, one exchanges the code, and all get the same answer. Throws what came of it instead of a connection.
 */
export async function finishAuth(deps: ClientDeps, session: SessionOfUser, given: unknown): Promise<Connection> {
  const params = callbackOf(given);
  const state = params.get("state");
  const isBare = state === null && params.has("code");
  const attemptId = isBare ? await onlyOpenAttempt(deps, session) : attemptIdOf(state ?? "");
  const attempt = await deps.attempts.read(attemptId);
  if (attempt?.userId === session.userId) {
    if (session.sessionId !== "" && attempt.sessionId !== session.sessionId) throw new InvalidStateError("unknown");
    session.sessionId = attempt.sessionId;
  }
  const { userId } = session;
  await finishAttempt(deps, userId, { attemptId, params, nonceOf: null }, (signedIn) => complete(deps, signedIn));
  return outcomeOf(await ended(deps, userId, attemptId));
}

/** The attempt that a bare code must belong to. Throws if there is none, or if that cannot be told. */
async function onlyOpenAttempt(deps: ClientDeps, { userId, sessionId }: SessionOfUser): Promise<string> {
  if (sessionId === "") throw bareCodeRefused();
  const { record } = await deps.sessions.read(userId, sessionId);
  const attemptId = record.state === "AUTHENTICATING" ? record.work?.owner : undefined;
  const attempt = attemptId === undefined ? undefined : await deps.attempts.read(attemptId);
  if (attemptId === undefined || attempt?.status !== "open" || attempt.flow !== record.flow) {
    throw new InvalidStateError("unknown");
  }
  const promisesIssuer = attempt.authorizationServer.metadata?.authorization_response_iss_parameter_supported === true;
  if (promisesIssuer || (await isAnotherOpen(deps, attempt))) throw bareCodeRefused();
  return attemptId;
}

async function isAnotherOpen({ attempts }: ClientDeps, { previous }: Attempt): Promise<boolean> {
  let earlier = previous;
  for (let looked = 0; earlier !== null; looked++) {
    const attempt = await attempts.read(earlier);
    if (attempt?.status === "open" || looked >= maxAttempts) return true;
    earlier = attempt?.previous ?? null;
  }
  return false;
}

/** Waits for another process that took the callback first. */
async function ended(deps: ClientDeps, userId: string, attemptId: string): Promise<AttemptStatus> {
  for (let wait = 50; ; wait *= 1.5) {
    const status = await readStatus(deps, userId, attemptId);
    if (!status.finishing) return status;
    await pause(Math.min(wait, maxPauseMs));
  }
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
