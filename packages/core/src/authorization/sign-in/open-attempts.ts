import type { SessionRecord } from "../../session/session-record.js";
import type { Attempt, AttemptStore, NamedAttempt } from "./attempt.js";

/**
 * The open attempts of a session's current sign-in, whatever process or browser started them, the oldest first. Only
 * while there is exactly one, a code that came without its `state` can be told to belong to it.
 */
export async function openAttempts(attempts: AttemptStore, record: SessionRecord): Promise<NamedAttempt[]> {
  const listed = await Promise.all(
    record.attempts.map(async (attemptId) => ({ attemptId, attempt: await attempts.read(attemptId) })),
  );
  return listed.flatMap(({ attemptId, attempt }) => {
    const isOfSession = attempt?.userId === record.userId && attempt.sessionId === record.sessionId;
    const isOpen = isOfSession && attempt.status === "open" && attempt.flow === record.flow;
    return isOpen ? [{ attemptId, attempt }] : [];
  });
}

/** Whether the authorization server names itself in every callback (RFC 9207), so that a code alone does not suffice. */
export const promisesIssuer = ({ authorizationServer: { metadata } }: Attempt): boolean =>
  metadata?.authorization_response_iss_parameter_supported === true;
