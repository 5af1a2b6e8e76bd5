import { createDecipheriv } from "node:crypto";
import type { Redis } from "ioredis";

const key = Buffer.alloc(32, "a key of the tests");

/** For the environment of an app whose stored data a test decrypts. */
export const encryptionKeys = `k1:${key.toString("base64")}`;

/** Decrypts the tokens of a session as the storage layout describes: AES-256-GCM, bound to their place. */
export async function openTokens(redis: Redis, sessionId: string): Promise<{ accessToken: string; expiresAt: number }> {
  const record = JSON.parse((await redis.get(`mcp:session:${sessionId}`)) ?? "");
  const { kid, sealed } = JSON.parse((await redis.get(`mcp:credentials:${sessionId}`)) ?? "");
  const bytes = Buffer.from(sealed, "base64url");
  const place = JSON.stringify([kid, "credentials", sessionId, record.userId, record.serverUrl]);
  const opening = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12))
    .setAAD(Buffer.from(place))
    .setAuthTag(bytes.subarray(-16));
  const text = Buffer.concat([opening.update(bytes.subarray(12, -16)), opening.final()]).toString();
  return JSON.parse(text).signIn.tokens;
}
