import { createHash } from "node:crypto";
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

/** The serverId in a session ID; empty for text that is not a session ID. */
export function serverIdOf(sessionId: string): string {
  const dot = sessionId.indexOf(".");
  return dot < 0 ? "" : sessionId.slice(dot + 1);
}

/**
 * The serverId of a URL if the caller gives none: host and path, sanitised, at most 40 characters, plus 8 characters of
 * a hash that keep similar URLs apart. The query counts for the hash but is never shown, because it may contain a key.
 */
export function serverIdFromUrl(url: URL): string {
  const readable = `${url.host}${url.pathname}`.replace(/[^A-Za-z0-9]+/g, "_").replace(/^_+|_+$/g, "");
  return `${readable.slice(0, 40)}_${sha256(url.href).replace(/[-_]/g, "x").slice(0, 8)}`;
}
