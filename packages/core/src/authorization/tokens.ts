import type { OAuthTokens } from "@modelcontextprotocol/client";
import type { Tokens } from "../credentials/credentials.js";
import { Secret } from "../credentials/secret.js";

/**
 * A token response (RFC 6749 §5.1) with its expiry made absolute. What it leaves out stays as it was: the scope
 * (§3.3), and at a refresh the refresh token (§6).
 */
export function stampTokens(
  answer: OAuthTokens,
  before: { now: number; scope: string | null; refreshToken: Secret | null },
): Tokens {
  const { now } = before;
  return {
    accessToken: new Secret(answer.access_token),
    refreshToken: answer.refresh_token === undefined ? before.refreshToken : new Secret(answer.refresh_token),
    scope: answer.scope ?? before.scope,
    issuedAt: now,
    expiresAt: answer.expires_in === undefined ? null : now + answer.expires_in * 1_000,
  };
}

/** At most this long (ms) before its expiry a token is refreshed. */
const longestLead = 60_000;

/**
 * Whether a token should be refreshed before it is used: within the last fifth of its life, at most a minute before
 * its expiry. `jitter` in [0, 1) spreads the processes of a fleet over the second half of that time.
 */
export function isStale({ issuedAt, expiresAt }: Tokens, now: number, jitter: number): boolean {
  if (expiresAt === null) return false;
  const lead = Math.min(longestLead, (expiresAt - issuedAt) / 5);
  return now >= expiresAt - lead * (1 - jitter / 2);
}
