import { createLocalJWKSet, errors, type JSONWebKeySet, jwtVerify } from "jose";
import * as z from "zod";
import { parseScopes, type Scope } from "./scopes.js";

/** The contents of a verified access token. */
export interface AccessToken {
  readonly subject: string;
  readonly clientId: string;
  readonly scopes: readonly Scope[];
}

export interface VerifierOptions {
  issuer: string;
  /** The MCP URL. A token for another resource is refused (RFC 8707 §2, RFC 9068 §4). */
  audience: string;
  /** The issuer's public keys. */
  keys: JSONWebKeySet;
  /**
   * Whether a grant is still valid. Without this check, a signed token would outlive its revocation until it expires.
   */
  isGrantActive: (grantId: string) => Promise<boolean>;
}

/** Resolves to `undefined` for a token that is expired, revoked, forged, or meant for another resource. */
export type VerifyAccessToken = (token: string) => Promise<AccessToken | undefined>;

const claimsSchema = z.object({
  sub: z.string().min(1),
  client_id: z.string().min(1),
  scope: z.string().optional(),
  /** The user's consent; absent when a client acts for itself (RFC 6749 §4.4). */
  grant_id: z.string().min(1).optional(),
});

/** Verifies JWT access tokens (RFC 9068) with the given keys. It fetches nothing and allows no clock skew. */
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
