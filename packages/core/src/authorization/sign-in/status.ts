import type { Connection } from "@mcp-assistant/protocol";
import { InvalidStateError, SessionNotFoundError } from "../../errors.js";
import { toConnection } from "../../session/connection-view.js";
import type { Sessions } from "../../session/sessions.js";
import { checkUserId } from "../../session/user-id.js";
import type { AttemptStore, Outcome } from "./attempt.js";

/** What became of a sign-in, for the page that the user's browser ends on. */
export interface AttemptStatus {
  status: "open" | "taken" | Outcome;
  /** A callback is at work on it at this moment: ask again in a second. */
  finishing: boolean;
  /** Still open, but the session waits for it no longer: cancelled, signed out, or finished in another window. */
  overtaken: boolean;
  /** The path of the app that its user wants to go to afterwards, as it was given to `start`. */
  returnTo: string | null;
  connection: Connection | null;
}

/** How long (ms) after its callback an attempt without an outcome counts as being finished: then its process has died. */
const longestFinish = 30_000;

/** Throws an {@link InvalidStateError} when there is no such attempt of this user. */
export async function readStatus(
  { attempts, sessions }: { attempts: AttemptStore; sessions: Sessions },
  { userId, attemptId }: { userId: string; attemptId: string },
): Promise<AttemptStatus> {
  checkUserId(userId);
  const attempt = await attempts.read(attemptId);
  if (attempt?.userId !== userId) throw new InvalidStateError("unknown");
  const record = await sessions.read(userId, attempt.sessionId).then(
    (stored) => stored.record,
    (error: unknown) => {
      if (error instanceof SessionNotFoundError) return null;
      throw error;
    },
  );
  const { status, takenAt, returnTo } = attempt;
  const finishing = status === "taken" && (await sessions.time()) - (takenAt ?? 0) < longestFinish;
  const isIdle = status === "open" && record !== null && record.flow !== attempt.flow;
  const overtaken = isIdle || status === "overtaken";
  return { status, finishing, overtaken, returnTo, connection: record && toConnection(record, sessions.authUrl) };
}
