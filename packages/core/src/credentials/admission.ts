import type { SessionRecord } from "../session/session-record.js";
import type { StoredSession } from "../session/session-store.js";
import { flowOf } from "./credentials.js";

/**
 * Identifies what lets a session in: the sign-in that its credentials came from, and its custom headers. Throws a
 * `SessionUnreadableError`.
 */
export function admissionOf({ record, credentials }: Pick<StoredSession, "record" | "credentials">): string {
  return admissionBy(credentials === undefined ? undefined : flowOf(credentials, record), record);
}

/** The same for a sign-in that is known by its flow. */
export const admissionBy = (flow: string | undefined, { headers }: Pick<SessionRecord, "headers">): string =>
  JSON.stringify([flow, headers?.version]);
