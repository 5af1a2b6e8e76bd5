import { ready } from "../client/ready.js";
import { openLink } from "../connection/link.js";
import { runShared } from "../process-wide.js";
import type { StoredSession } from "../session/session-store.js";
import type { AttemptDeps, Ending } from "./attempt.js";
import { pauseUntil } from "./wake.js";

/**
 * Makes a handshake in the place of one that is too old, as the next call would. Undefined once there is another.
 * Otherwise, how it failed, which says nothing of the connection. Does not throw.
 */
export async function renewHandshake(
  deps: AttemptDeps,
  stored: StoredSession,
  signal: AbortSignal,
): Promise<Ending | undefined> {
  const { userId, sessionId } = stored.record;
  const done = new AbortController();
  let ending: Ending | undefined = { kind: "broken", openMs: 0, lastEventId: "" };
  const renew = async () => {
    const { dialled, kept } = await openLink(deps, stored, () => ready(deps, { userId, sessionId }));
    await (kept ? dialled.close() : dialled.end());
    if (kept) ending = undefined;
  };
  // Others may wait for this handshake, so it is not broken off.
  void runShared(renew)
    .catch(() => undefined)
    .then(() => done.abort());
  await pauseUntil(undefined, signal, done.signal);
  return ending;
}
