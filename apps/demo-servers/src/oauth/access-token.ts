import { createLocalJWKSet, errors, type JSONWebKeySet, jwtVerify } from "jose";
import * as z from "zod";
import { parseScopes, type Scope } from "./scopes.js";

/** What a verified access token says. */
export interface AccessToken {
  readonly subject: string;
  readonly clientId: string;
  readonly scopes: readonly Scope[];
}

export interface VerifierOptions {
  issuer: string;
  /** The MCP URL: a token for another resource is refused (RFC 8707 §2, RFC 9068 §4). */
  audience: string;
  /** The public keys of the issuer. */
  keys: JSONWebKeySet;
  /** A signed token outlives its revocation until it expires, unless somebody asks whether its grant still stands. */
  isGrantActive: (grantId: string) => Promise<boolean>;
}

/** Resolves to `undefined` for a token that is expired, revoked, forged, or meant for somebody else. */
export type VerifyAccessToken = (token: string) => Promise<AccessToken | undefined>;

const claimsSchema = z.object({
  sub: z.string().min(1),
  client_id: z.string().min(1),
  scope: z.string().optional(),
  /** The person's consent; absent when a client acts for itself (RFC 6749 §4.4). */
  grant_id: z.string().min(1).optional(),
});

/** Verifies JWT access tokens (RFC 9068) with keys at hand: nothing is fetched, and no clock skew is forgiven. */
export function createAccessTokenVerifier({
  issuer,
  audience,
  keys,
  isGrantActive,
}: VerifierOptions): VerifyAccessToken {
  const keySet = createLocalJWKSet(keys);
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keySet, {
        issuer,
        audience,
        typ: "at+jwt",
        algorithms: ["ES256"],
        requiredClaims: ["exp"],
      });
      const claims = claimsSchema.parse(payload);
      const isValid = claims.grant_id ? await isGrantActive(claims.grant_id) : claims.sub === claims.client_id;
      if (!isValid) return undefined;
      return { subject: claims.sub, clientId: claims.client_id, scopes: parseScopes(claims.scope) };
    } catch (error) {
      if (error instanceof errors.JOSEError || error instanceof z.ZodError) return undefined;
      throw error;
    }
  };
}
