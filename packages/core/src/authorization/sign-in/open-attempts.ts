import type { SessionRecord } from "../../session/session-record.js";
import type { Attempt, AttemptStore, NamedAttempt } from "./attempt.js";

/** How many attempts a record lists. A full list may have lost others that are open. */
export const maxListedAttempts = 8;

/**
 * The open attempts of a session's current sign-in, whatever process or browser started them, the oldest first.
 */
export async function openAttempts(attempts: AttemptStore, record: SessionRecord): Promise<NamedAttempt[]> {
  const listed = await Promise.all(
    record.attempts.map(async (attemptId) => ({ attemptId, attempt: await attempts.read(attemptId, record.userId) })),
  );
  return listed.flatMap(({ attemptId, attempt }) => {
    const isOfSession = attempt?.userId === record.userId && attempt.sessionId === record.sessionId;
    const isOpen = isOfSession && attempt.status === "open" && attempt.flow === record.flow;
    return isOpen ? [{ attemptId, attempt }] : [];
  });
}

/**
 * The attempt that a code without its `state` belongs to: the only open one of the session's current sign-in. `"several"`
 * if there may be others.
 */
export async function onlyOpenAttempt(
  attempts: AttemptStore,
  record: SessionRecord,
): Promise<NamedAttempt | "none" | "several"> {
  const [only, another] = await openAttempts(attempts, record);
  if (!only) return "none";
  return another || record.attempts.length >= maxListedAttempts ? "several" : only;
}

/** Whether the authorization server names itself in every callback (RFC 9207), so that a code alone does not suffice. */
export const promisesIssuer = ({ authorizationServer: { metadata } }: Attempt): boolean =>
  metadata?.authorization_response_iss_parameter_supported === true;
