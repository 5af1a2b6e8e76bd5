import { createHash } from "node:crypto";

/**
 * A name for a user that tells nothing of their id, the same in every process: tabs of one browser share a stream under
 * it, and a stream asked for under another user's name is refused.
 */
export function userKeyOf(userId: string): string {
  return createHash("sha256").update(`mcp-assistant user key\0${userId}`).digest("base64url").slice(0, 22);
}
