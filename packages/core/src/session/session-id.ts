import { createHash } from "node:crypto";
import { nanoid } from "nanoid";

const sha256 = (text: string) => createHash("sha256").update(text).digest("base64url");

/** 3 characters that all sessions of a user share. With Redis Cluster they are the hash tag of his keys. */
export function userTag(userId: string): string {
  return sha256(userId).replace(/[-_]/g, "x").slice(0, 3);
}

/**
 * A new session id: `<tag><nanoid>.<serverId>`. The tag finds the session's slot from the id alone; the serverId lets
 * a person recognise it.
 */
export function createSessionId(userId: string, serverId: string): string {
  return `${userTag(userId)}${nanoid()}.${serverId}`;
}

/** The serverId within a session id; empty for text that is no session id. */
export function serverIdOf(sessionId: string): string {
  const dot = sessionId.indexOf(".");
  return dot < 0 ? "" : sessionId.slice(dot + 1);
}

/**
 * The serverId of a URL when the caller gives none: host and path, sanitised, at most 40 characters, and 8 of a hash
 * so that URLs that look alike stay apart. The query counts for the hash but is never shown: it may hold a key.
 */
export function serverIdFromUrl(url: URL): string {
  const readable = `${url.host}${url.pathname}`.replace(/[^A-Za-z0-9]+/g, "_").replace(/^_+|_+$/g, "");
  return `${readable.slice(0, 40)}_${sha256(url.href).replace(/[-_]/g, "x").slice(0, 8)}`;
}
