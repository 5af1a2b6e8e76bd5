import type { ErrorInfo } from "@mcp-assistant/protocol";
import type { Backend } from "../backend/backend.js";
import { toSessionError } from "../backend/session-error.js";
import { unreachable } from "../errors.js";

/** How long (ms) the app may take to answer who is signed in. */
const answerTimeoutMs = 10_000;

export type UserKeyAnswer = { userKey: string } | { error: ErrorInfo };

/** Asks the app who is signed in. The answer is a key that does not reveal the user's id. Never rejects. */
export async function askUserKey(backend: Backend, signal: AbortSignal): Promise<UserKeyAnswer> {
  const asking = new AbortController();
  const abort = () => asking.abort();
  signal.addEventListener("abort", abort);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    abort();
  }, answerTimeoutMs);
  try {
    return { userKey: await backend.userKey(asking.signal) };
  } catch (error) {
    return { error: isLate ? unreachable : toSessionError(error).toJSON() };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}
