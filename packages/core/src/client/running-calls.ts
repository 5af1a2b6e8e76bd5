import { LimitExceededError } from "../errors.js";
import { forgetProcessWide, processWide } from "../process-wide.js";

const kind = "running calls";

/**
 * Runs a call, unless `max` calls of the same session are already under way in this process: then it throws a
 * {@link LimitExceededError} and starts nothing. `key` names the storage, user and session.
 */
export async function runCall<T>(key: string, max: number, call: () => Promise<T>): Promise<T> {
  const running = processWide(kind, key, () => ({ count: 0 }));
  if (running.count >= max) {
    throw new LimitExceededError({
      message: `This connection is already running ${running.count} calls, the most that this app allows at a time`,
      hint: "Wait until one has finished, then try again.",
      operatorHint: "Raise limits.callsPerSession to allow more.",
      retryable: true,
    });
  }
  running.count += 1;
  try {
    return await call();
  } finally {
    running.count -= 1;
    if (running.count === 0) forgetProcessWide(kind, key);
  }
}
