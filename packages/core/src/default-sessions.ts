import { type Connection, invalidInput, serverIdSchema } from "@mcp-assistant/protocol";
import { defaultMcp } from "./default-mcp.js";
import { parseServerUrl } from "./outbound/server-url.js";
import { createNamelessSessionId, createSessionId, serverIdFromUrl } from "./session/session-id.js";
import { checkUserId } from "./session/user-id.js";

/** What {@link SessionStore.generateSessionId} needs to name the server in the id. */
export interface SessionIdInput {
  userId: string;
  serverUrl: string;
  /** The one that `new MCPClient` will get; by default, it comes from the address. */
  serverId?: string | undefined;
}

/**
 * The sessions of {@link defaultMcp}, by user. `mcp.forUser(userId)` does the same for an `mcp` of your own. Every method
 * but the first throws `USER_ID_INVALID`, `STORE_UNAVAILABLE`, and what {@link defaultMcp} throws.
 */
export interface SessionStore {
  /**
   * A new sessionId, for `new MCPClient({ userId, sessionId, serverUrl })`. It stores nothing. Without arguments, the id
   * does not name its server, and each process spends one more round trip to keep such a session alive.
   *
   * Throws `USER_ID_INVALID`, `SERVER_URL_INVALID`, `INVALID_INPUT`.
   */
  generateSessionId(input?: SessionIdInput): string;
  /** Throws `SESSION_NOT_FOUND`, also for another user's session. */
  get(userId: string, sessionId: string): Promise<Connection>;
  /** Oldest first. */
  list(userId: string): Promise<Connection[]>;
  /** Signs out and erases the session. Throws `SESSION_NOT_FOUND`. */
  remove(userId: string, sessionId: string): Promise<void>;
}

export const sessionStore: SessionStore = {
  generateSessionId(input) {
    if (input === undefined) return createNamelessSessionId();
    const { userId, serverUrl, serverId } = input;
    checkUserId(userId);
    const url = parseServerUrl(typeof serverUrl === "string" ? serverUrl : "");
    const parsed = serverIdSchema.optional().safeParse(serverId);
    if (!parsed.success) throw invalidInput(parsed.error);
    return createSessionId(userId, parsed.data ?? serverIdFromUrl(url));
  },
  get: async (userId, sessionId) => defaultMcp().forUser(userId).get(sessionId),
  list: async (userId) => defaultMcp().forUser(userId).list(),
  remove: async (userId, sessionId) => defaultMcp().forUser(userId).remove(sessionId),
};
