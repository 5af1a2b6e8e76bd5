import { setTimeout as pause } from "node:timers/promises";
import { isMcpSessionError } from "@mcp-assistant/protocol";
import type { AuthorizationServerMetadata } from "../../credentials/authorization-server.js";
import type { SignIn } from "../../credentials/credentials.js";
import { isLackOfRoom } from "../../errors.js";
import type { Fetch } from "../../outbound/guarded-fetch.js";
import { span } from "../../telemetry.js";
import type { ClientRegistrations } from "../client/choice.js";
import { boundedFetch, maxAnswerBytes } from "../discovery/bounded-fetch.js";

/** How long (ms) an authorization server may take to revoke tokens. */
const revocationTimeoutMs = 5_000;

/** How long (ms) a revocation waits for room in a process that is full of answers, and how often it looks. */
const [maxWaitMs, lookMs] = [2_000, 100];

export interface RevokeDeps {
  fetch: Fetch;
  registrations: Pick<ClientRegistrations, "authenticationOf">;
}

/**
 * Asks the authorization server to revoke tokens (RFC 7009), if it offers that: the refresh token and everything issued
 * from it, or the access token if there is no refresh token. It waits a little for room in a busy process. Best effort: it
 * never throws, and returns whether the server agreed.
 */
export async function revokeTokens({ fetch, registrations }: RevokeDeps, signIn: SignIn): Promise<boolean> {
  const { tokens, client, authorizationServer } = signIn;
  const { metadata } = authorizationServer;
  const endpoint = metadata?.revocation_endpoint;
  if (!metadata || !endpoint) return false;
  const [token, hint] = tokens.refreshToken
    ? [tokens.refreshToken, "refresh_token"]
    : [tokens.accessToken, "access_token"];
  const body = new URLSearchParams({ token: token.reveal(), token_type_hint: hint });
  const headers = new Headers({ "content-type": "application/x-www-form-urlencoded" });
  try {
    const authenticate = registrations.authenticationOf(client, authorizationServer);
    await authenticate(headers, body, endpoint, asAtTokenEndpoint(metadata));
    return await span("mcp.revoke", { "server.address": new URL(endpoint).host }, async () => {
      const response = await whenThereIsRoom(() => {
        const bounded = boundedFetch(fetch, { ms: revocationTimeoutMs, bytes: maxAnswerBytes });
        return bounded(endpoint, { method: "POST", headers, body });
      });
      await response.body?.cancel();
      return response.ok;
    });
  } catch {
    return false;
  }
}

/** Nothing was sent while there was no room, so it can be sent again. */
async function whenThereIsRoom<T>(send: () => Promise<T>): Promise<T> {
  for (const end = performance.now() + maxWaitMs; ; ) {
    try {
      return await send();
    } catch (error) {
      if (!isMcpSessionError(error) || !isLackOfRoom(error) || performance.now() + lookMs > end) throw error;
      await pause(lookMs);
    }
  }
}

/** Clients authenticate as at the token endpoint (RFC 7009 §2.1), with the methods that this endpoint lists. */
function asAtTokenEndpoint(metadata: AuthorizationServerMetadata): AuthorizationServerMetadata {
  const {
    revocation_endpoint_auth_methods_supported: methods = metadata.token_endpoint_auth_methods_supported,
    revocation_endpoint_auth_signing_alg_values_supported:
      algorithms = metadata.token_endpoint_auth_signing_alg_values_supported,
  } = metadata;
  return {
    ...metadata,
    token_endpoint_auth_methods_supported: methods,
    token_endpoint_auth_signing_alg_values_supported: algorithms,
  };
}
