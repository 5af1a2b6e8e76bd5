import { isTransitional } from "@mcp-assistant/protocol";
import type { Sessions } from "../session/sessions.js";
import { type EndDeps, type Ended, endTransportSession } from "./end-transport-session.js";

export interface DisconnectDeps extends EndDeps {
  sessions: Sessions;
}

/** Ends a connection, or cancels what is under way. Keeps the record and sign-in. Throws `SESSION_NOT_FOUND`. */
export async function disconnect(deps: DisconnectDeps, userId: string, sessionId: string): Promise<void> {
  let before: Ended | undefined;
  await deps.sessions.change(userId, sessionId, (record, _now, credentials, handshake) => {
    const { state, active } = record;
    before = undefined;
    if (state === "DISCONNECTED" && !active) return undefined;
    before = { record, credentials, handshake };
    const reason = isTransitional(state) ? "You cancelled it" : null;
    return { state: "DISCONNECTED", active: false, flow: null, reason, handshake: null };
  });
  await endTransportSession(deps, before);
}
