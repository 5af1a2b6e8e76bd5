import type { OAuthTokens } from "@modelcontextprotocol/client";
import * as z from "zod";
import type { Tokens } from "../../credentials/credentials.js";
import { Secret } from "../../credentials/secret.js";

/** The maximum lifetime (s) of a token, whatever the authorization server says. */
const maxLifeSeconds = 365 * 24 * 3_600;

/** VSCHAR without the space (RFC 6749 §A.12, §A.17): fits into a header unchanged and cannot add another header. */
const tokenSchema = z.string().regex(/^[\x21-\x7e]{1,16384}$/);

const answerSchema = z.object({
  access_token: tokenSchema,
  // RFC 6749 §7.1: a token of an unknown type must not be used.
  token_type: z.string().regex(/^bearer$/i),
  refresh_token: tokenSchema.or(z.literal("")).optional(),
  // Ignore a malformed scope.
  scope: z
    .string()
    .regex(/^[\x20-\x7e]{0,8192}$/)
    .optional()
    .catch(undefined),
  expires_in: z.number().optional(),
});

/**
 * Checks a token response (RFC 6749 §5.1) and makes its expiry absolute. Missing fields keep their old values: the
 * scope (§3.3) and, at a refresh, the refresh token (§6). A negative lifetime counts as zero, and one above a year as a
 * year.
 *
 * Throws for a response that cannot be used.
 */
export function stampTokens(
  response: OAuthTokens,
  before: { now: number; scope: string | null; refreshToken: Secret | null },
): Tokens {
  const { now } = before;
  const answer = answerSchema.parse(response);
  const life = answer.expires_in === undefined ? null : Math.min(maxLifeSeconds, Math.max(0, answer.expires_in));
  return {
    accessToken: new Secret(answer.access_token),
    refreshToken: answer.refresh_token ? new Secret(answer.refresh_token) : before.refreshToken,
    scope: answer.scope ?? before.scope,
    issuedAt: now,
    expiresAt: life === null ? null : now + life * 1_000,
  };
}

/** A token is refreshed at most this long (ms) before its expiry. */
const maxLeadMs = 60_000;

/**
 * Whether a token should be refreshed before it is used: in the last fifth of its lifetime, at most a minute before its
 * expiry. `jitter` in [0, 1) spreads the processes of a fleet over the first half of that time.
 */
export function isStale({ issuedAt, expiresAt }: Tokens, now: number, jitter: number): boolean {
  if (expiresAt === null) return false;
  const lead = Math.min(maxLeadMs, (expiresAt - issuedAt) / 5);
  return now >= expiresAt - lead * (1 - jitter / 2);
}
