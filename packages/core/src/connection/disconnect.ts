import { isTransitional } from "@mcp-assistant/protocol";
import type { Sessions } from "../session/sessions.js";

/** Ends a connection, or cancels what is under way. Keeps the record and sign-in. Throws `SESSION_NOT_FOUND`. */
export async function disconnect(sessions: Sessions, userId: string, sessionId: string): Promise<void> {
  await sessions.change(userId, sessionId, ({ state, active }) => {
    if (state === "DISCONNECTED" && !active) return undefined;
    const reason = isTransitional(state) ? "You cancelled it" : null;
    return { state: "DISCONNECTED", active: false, flow: null, reason };
  });
}
