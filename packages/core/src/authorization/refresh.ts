import { type AuthorizationServerMetadata, OAuthError, refreshAuthorization } from "@modelcontextprotocol/client";
import type { CredentialStore } from "../credentials/credential-store.js";
import { type Credentials, newVersion, type Owner, revealClient } from "../credentials/credentials.js";
import { AuthorizationRequiredError, ServerUnreachableError } from "../errors.js";
import { type Fetch, withDeadline } from "../outbound/guarded-fetch.js";
import { singleFlight } from "../process-wide.js";
import { span } from "../telemetry.js";
import { type ClientRegistrations, isUnknownClient } from "./client-registration.js";
import { stampTokens } from "./tokens.js";

export interface RefreshDeps {
  credentials: CredentialStore;
  registrations: Pick<ClientRegistrations, "forget">;
  fetch: Fetch;
  /** The store's clock, ms since the epoch. */
  now: () => number;
  /** Names the store, so that two of them in one process do not share a flight. */
  storeId: string;
}

/** How long (ms) a request to the token endpoint may take. */
const refreshTimeout = 10_000;

/**
 * Newer tokens than the ones held: somebody else's where there are some, else refreshed (RFC 6749 §6) at the endpoint
 * seen when the user consented. Callers of this process that come together share one request.
 *
 * Throws an {@link AuthorizationRequiredError} when the authorization server refuses the current refresh token, no
 * longer knows our client, or there is no refresh token; a {@link ServerUnreachableError} when it does not answer, and the tokens stay as they are.
 */
export function refreshCredentials(deps: RefreshDeps, owner: Owner, held: Credentials): Promise<Credentials> {
  return singleFlight("refresh", `${deps.storeId} ${owner.sessionId} ${held.tv}`, async () => {
    const current = await deps.credentials.read(owner);
    if (!current) throw signInAgain(held);
    if (current.tv !== held.tv) return current;
    const attributes = {
      "mcp_redis.session.id": owner.sessionId,
      "server.address": new URL(current.authorizationServer.url).host,
    };
    const tokens = await span("mcp.refresh", attributes, () => requestTokens(deps, current)).catch((error: unknown) =>
      takeWinner(deps, owner, held, error),
    );
    if ("tv" in tokens) return tokens;
    let base = current;
    for (;;) {
      const next = { ...base, tv: newVersion(), cv: newVersion(), tokens };
      if (await deps.credentials.replace(owner, base, next)) return next;
      const stored = await deps.credentials.read(owner);
      if (!stored) throw signInAgain(held);
      if (stored.tv !== held.tv) return stored;
      base = stored;
    }
  });
}

async function requestTokens(deps: RefreshDeps, current: Credentials) {
  const { tokens, client, authorizationServer } = current;
  if (!tokens.refreshToken) throw signInAgain(current);
  const { metadata, resource, url } = authorizationServer;
  try {
    const answer = await refreshAuthorization(url, {
      // Checked when the user consented; the store keeps it as JSON.
      ...(metadata ? { metadata: metadata as AuthorizationServerMetadata } : {}),
      ...(resource ? { resource } : {}),
      clientInformation: revealClient(client),
      refreshToken: tokens.refreshToken.reveal(),
      fetchFn: withDeadline(deps.fetch, refreshTimeout),
    });
    return stampTokens(answer, { now: deps.now(), scope: tokens.scope, refreshToken: tokens.refreshToken });
  } catch (error) {
    if (isUnknownClient(error)) {
      await deps.registrations.forget(String(metadata?.issuer ?? url), client.client_id);
      throw signInAgain(current);
    }
    if (error instanceof OAuthError && error.code === "invalid_grant") throw signInAgain(current);
    throw new ServerUnreachableError({
      message: `${new URL(url).host} did not renew the sign-in`,
      hint: "The sign-in is kept. Try again in a moment.",
      retryable: true,
      cause: error,
    });
  }
}

/** A refusal counts only for the current token: another process may have rotated it, or the user signed in anew. */
async function takeWinner(deps: RefreshDeps, owner: Owner, held: Credentials, error: unknown) {
  const stored = await deps.credentials.read(owner);
  if (stored && stored.tv !== held.tv) return stored;
  throw error;
}

function signInAgain({ authorizationServer }: Credentials): AuthorizationRequiredError {
  return new AuthorizationRequiredError({
    message: `${new URL(authorizationServer.url).host} no longer accepts the saved sign-in`,
    hint: "Sign in again.",
    retryable: false,
  });
}
