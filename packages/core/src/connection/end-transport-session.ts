import { type DialDeps, resume } from "../server/dial.js";
import type { Handshakes } from "../server/handshakes.js";
import type { StoredSession } from "../session/session-store.js";

export interface EndDeps extends DialDeps {
  handshakes: Handshakes;
}

/** A session as it was before its connection, or its sign-in, ended. */
export type Ended = Pick<StoredSession, "record" | "credentials" | "handshake">;

/**
 * Ends the protocol session that the calls of a session shared, as it was let in then. Tokens that can still be
 * renewed are; others go as they were. Best effort and bounded: never throws.
 */
export async function endTransportSession(deps: EndDeps, before: Ended | undefined): Promise<void> {
  if (!before) return;
  const handshake = deps.handshakes.open(before)?.handshake;
  if (handshake?.era !== "legacy" || handshake.transportSession === null) return;
  const dialled = await resume(deps, before, handshake, { isLast: true }).catch(() => undefined);
  await dialled?.end();
}
