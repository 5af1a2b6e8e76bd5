import { stepUp } from "../authorization/step-up.js";
import { challengeOf } from "../authorization/tokens/session-auth-provider.js";
import { admissionOf } from "../credentials/admission.js";
import {
  AuthorizationRequiredError,
  HeadersRefusedError,
  ScopeRequiredError,
  SessionUnreadableError,
} from "../errors.js";
import type { Sessions } from "../session/sessions.js";
import type { SessionOfUser } from "./ready.js";

/**
 * Records the error of a call in its session, so that a sign-in that the server no longer accepts, or that does not
 * allow enough, shows at once and not at the next click. `admission` is that of the call: see {@link admissionOf}.
 * Returns the error to throw.
 */
export async function recordError(
  sessions: Sessions,
  session: SessionOfUser,
  error: unknown,
  admission?: string,
): Promise<unknown> {
  if (error instanceof ScopeRequiredError) return recordMissingScope(sessions, session, error, admission);
  const isRefused = error instanceof AuthorizationRequiredError || error instanceof HeadersRefusedError;
  if (!isRefused && !(error instanceof SessionUnreadableError)) return error;
  await sessions.change(session.userId, session.sessionId, (record, _now, credentials) => {
    // Another sign-in may have been finished in the meantime, and the error says nothing about that one.
    if (admission !== undefined && admissionOf({ record, credentials }) !== admission) return undefined;
    return record.state === "CONNECTED" ? { state: "FAILED", error: error.toJSON(), ...challengeOf(error) } : undefined;
  });
  return error;
}

/** The connection keeps working with the scope that it has. */
async function recordMissingScope(
  sessions: Sessions,
  { userId, sessionId }: SessionOfUser,
  error: ScopeRequiredError,
  admission: string | undefined,
): Promise<ScopeRequiredError> {
  let thrown = error;
  await sessions.change(userId, sessionId, (record, _now, credentials) => {
    thrown = error;
    // A sign-in that was finished in the meantime may have this scope.
    if (record.state !== "CONNECTED" || admissionOf({ record, credentials }) !== admission) return undefined;
    const step = stepUp(record, error);
    thrown = step.error;
    return step.change;
  });
  return thrown;
}

/** A call has worked, so its series of step-ups is over. If recording that fails, the call still has its result. */
export async function endStepUps(sessions: Sessions, { userId, sessionId }: SessionOfUser): Promise<void> {
  const end = sessions.change(userId, sessionId, ({ stepUps }) => (stepUps > 0 ? { stepUps: 0 } : undefined));
  await end.catch(() => undefined);
}
