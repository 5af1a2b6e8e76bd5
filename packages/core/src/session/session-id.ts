import { createHash } from "node:crypto";
import { McpSessionError, sanitizeServerId } from "@mcp-assistant/protocol";
import { nanoid } from "nanoid";

const sha256 = (text: string) => createHash("sha256").update(text).digest("base64url");

/** 3 characters that all sessions of a user share. With Redis Cluster, they are the hash tag of the user's keys. */
export function userTag(userId: string): string {
  return sha256(userId).replace(/[-_]/g, "x").slice(0, 3);
}

/**
 * A new session ID: `<tag><nanoid>.<serverId>`. The tag gives the session's slot from the ID alone; the serverId lets
 * people recognise the session.
 */
export function createSessionId(userId: string, serverId: string): string {
  return `${userTag(userId)}${nanoid()}.${serverId}`;
}

/** A new session ID for a user and a server that are not known yet. */
export const createNamelessSessionId = (): string => nanoid(24);

/** The two forms above. */
const sessionIdForm = /^[\w-]{24}(?:\.[\w-]{1,64})?$/;

/**
 * Checks an ID that the app made itself, for the session of this user and server that is about to be created. Throws
 * `INVALID_INPUT`, also for an ID that was made for another user or server.
 */
export function checkNewSessionId(
  sessionId: unknown,
  { userId, serverId }: { userId: string; serverId: string },
): void {
  if (typeof sessionId !== "string" || !sessionIdForm.test(sessionId)) {
    throw refused("sessionId: This is not a session id");
  }
  if (!sessionId.includes(".")) return;
  if (!sessionId.startsWith(userTag(userId))) throw refused("sessionId: This id was made for another user");
  if (serverIdOf(sessionId) !== serverId) throw refused("sessionId: This id was made for another server");
}

const refused = (message: string) =>
  new McpSessionError({
    code: "INVALID_INPUT",
    message,
    hint: "Correct it and try again.",
    operatorHint: "Make it with sessionStore.generateSessionId({ userId, serverUrl, serverId }), and the same values.",
    retryable: false,
  });

/** The serverId in a session ID; empty if it names none. */
export function serverIdOf(sessionId: string): string {
  const dot = sessionId.indexOf(".");
  return dot < 0 ? "" : sessionId.slice(dot + 1);
}

/**
 * The serverId of a URL if the caller gives none: host and path, sanitised, at most 40 characters, plus 8 characters of
 * a hash that keep similar URLs apart. The query counts for the hash but is never shown, because it may contain a key.
 */
export function serverIdFromUrl(url: URL): string {
  return `${sanitizeServerId(url.href).slice(0, 40)}_${sha256(url.href).replace(/[-_]/g, "x").slice(0, 8)}`;
}
