import { createHash } from "node:crypto";

/**
 * A name for a user that does not reveal their id and is the same in every process. The tabs of one browser share a
 * stream under it, and a stream requested under another user's name is refused.
 */
export function userKeyOf(userId: string): string {
  return createHash("sha256").update(`mcp-assistant user key\0${userId}`).digest("base64url").slice(0, 22);
}
