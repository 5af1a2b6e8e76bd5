import { setTimeout as pause } from "node:timers/promises";
import { InvalidStateError, SessionNotFoundError } from "../../errors.js";
import { toConnection } from "../../session/connection-view.js";
import type { Sessions } from "../../session/sessions.js";
import type { AttemptStore } from "./attempt.js";
import type { AttemptStatus } from "./sign-in.js";

/**
 * How long (ms) after its callback an attempt without an outcome counts as being finished. After that, its process has
 * died.
 */
const maxFinishMs = 30_000;

/** The longest pause (ms) between two looks at another request that is finishing the same sign-in. */
const maxPauseMs = 400;

interface StatusDeps {
  attempts: AttemptStore;
  sessions: Sessions;
}

/** Throws an {@link InvalidStateError} if this user has no such attempt. */
export async function readStatus(
  { attempts, sessions }: StatusDeps,
  userId: string,
  attemptId: string,
): Promise<AttemptStatus> {
  const attempt = await attempts.read(attemptId, userId);
  if (attempt?.userId !== userId) throw new InvalidStateError("unknown");
  const record = await sessions.read(userId, attempt.sessionId).then(
    (stored) => stored.record,
    (error: unknown) => {
      if (error instanceof SessionNotFoundError) return null;
      throw error;
    },
  );
  const { status, takenAt, returnTo } = attempt;
  const finishing = status === "taken" && (await sessions.time()) - (takenAt ?? 0) < maxFinishMs;
  const isIdle = status === "open" && record !== null && record.flow !== attempt.flow;
  const overtaken = isIdle || status === "overtaken";
  return { status, finishing, overtaken, returnTo, connection: record && toConnection(record, sessions.authUrl) };
}

/**
 * The status once no request is finishing the sign-in any more, or when `signal` aborts. Throws an
 * {@link InvalidStateError} if this user has no such attempt.
 */
export async function readOutcome(
  deps: StatusDeps,
  { userId, attemptId, signal }: { userId: string; attemptId: string; signal?: AbortSignal | undefined },
): Promise<AttemptStatus> {
  for (let wait = 50; ; wait *= 1.5) {
    const status = await readStatus(deps, userId, attemptId);
    if (!status.finishing || signal?.aborted) return status;
    await pause(Math.min(wait, maxPauseMs));
  }
}
