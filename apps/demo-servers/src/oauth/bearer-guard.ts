import type { Request, Response } from "express";
import type { AccessToken, VerifyAccessToken } from "./access-token.js";
import { ALL_SCOPES, BASIC_SCOPES, type Scope, scopeNeeded } from "./scopes.js";

interface Challenge {
  /** The URL of the protected resource's metadata (RFC 9728 §5.1). */
  resourceMetadataUrl: string;
  /** The scopes to ask for. */
  scopes: readonly Scope[];
  /** Absent when no token was presented (RFC 6750 §3.1). */
  error?: "invalid_token" | "insufficient_scope";
}

export interface BearerGuardOptions {
  verify: VerifyAccessToken;
  resourceMetadataUrl: string;
}

/** Resolves to the caller's token, or answers the request with 401 or 403 and resolves to `undefined`. */
export type BearerGuard = (request: Request, response: Response) => Promise<AccessToken | undefined>;

/** The value of a `WWW-Authenticate` header (RFC 6750 §3, RFC 9728 §5.1). */
function formatChallenge({ resourceMetadataUrl, scopes, error }: Challenge): string {
  const parameters = [`resource_metadata="${resourceMetadataUrl}"`, `scope="${scopes.join(" ")}"`];
  if (error !== undefined) parameters.unshift(`error="${error}"`);
  return `Bearer ${parameters.join(", ")}`;
}

/** Lets a request pass if it carries a valid token with the scopes that its JSON-RPC messages need. */
export function createBearerGuard({ verify, resourceMetadataUrl }: BearerGuardOptions): BearerGuard {
  return async (request, response) => {
    const presented = bearerToken(request.get("authorization"));
    const token = presented === undefined ? undefined : await verify(presented);
    if (token === undefined) {
      const challenge = { resourceMetadataUrl, scopes: BASIC_SCOPES };
      const refusal = presented === undefined ? challenge : { ...challenge, error: "invalid_token" as const };
      refuse(response, 401, refusal, "Sign in to use this server.");
      return undefined;
    }

    const missing = scopesNeeded(request.body).filter((scope) => !token.scopes.includes(scope));
    if (missing.length > 0) {
      // Also name the scopes already granted: a client that asks only for the named ones must not lose the others.
      const scopes = ALL_SCOPES.filter((scope) => missing.includes(scope) || token.scopes.includes(scope));
      const refusal = { resourceMetadataUrl, scopes, error: "insufficient_scope" as const };
      refuse(response, 403, refusal, `This needs the scope ${missing.join(" ")}.`);
      return undefined;
    }
    return token;
  };
}

function bearerToken(header: string | undefined): string | undefined {
  return header?.match(/^Bearer +(\S+) *$/i)?.[1];
}

/** A POST carries one message, or in the oldest revisions an array of them. */
function scopesNeeded(body: unknown): Scope[] {
  const messages: unknown[] = Array.isArray(body) ? body : [body];
  return messages.flatMap((message) => scopeNeeded(message) ?? []);
}

function refuse(response: Response, status: number, challenge: Challenge, description: string): void {
  response
    .status(status)
    .set("WWW-Authenticate", formatChallenge(challenge))
    .json({ error: challenge.error ?? "unauthorized", error_description: description });
}
