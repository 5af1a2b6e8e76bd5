import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { isMcpSessionError } from "@mcp-assistant/protocol";
import { OAuthError, refreshAuthorization } from "@modelcontextprotocol/client";
import { issuerOf } from "../../credentials/authorization-server.js";
import type { CredentialStore } from "../../credentials/credential-store.js";
import {
  isAppSignIn,
  isSignedIn,
  newVersion,
  type Owner,
  revealClient,
  type SignedIn,
  type Tokens,
} from "../../credentials/credentials.js";
import { AuthorizationRequiredError, CancelledError, isLackOfRoom, ServerUnreachableError } from "../../errors.js";
import type { Fetch } from "../../outbound/guarded-fetch.js";
import { shownHost } from "../../outbound/shown-host.js";
import { singleFlight } from "../../process-wide.js";
import { span } from "../../telemetry.js";
import { type ClientRegistrations, clientRefused, isUnknownClient, witnessOf } from "../client/choice.js";
import { boundedFetch, maxAnswerBytes } from "../discovery/bounded-fetch.js";
import { withoutMessage } from "../failure.js";
import { retryUntilStored } from "../patiently.js";
import { requestAppTokens } from "./client-credentials.js";
import { revokeTokens } from "./revoke.js";
import { stampTokens } from "./tokens.js";

export interface RefreshDeps {
  credentials: CredentialStore;
  registrations: Pick<ClientRegistrations, "authenticationOf" | "suspect">;
  fetch: Fetch;
  /** The store's clock, ms since the epoch. */
  now: () => number;
  /** Identifies the store, so that two stores in one process do not share a request in flight. */
  storeId: string;
}

/** How long (ms) a request to the token endpoint may take. */
const refreshTimeoutMs = 10_000;

/** How long (ms) to keep trying to store new tokens while the store is unavailable. */
const writePatienceMs = 8_000;

/** How long (ms) a turn lasts: longer than everything its holder does, so that no other process refreshes meanwhile. */
const turnLife = refreshTimeoutMs + writePatienceMs + 2_000;

/** How long (ms) a caller waits for another caller's turn to end, and how often it checks. */
const waitTimeoutMs = 30_000;
const lookIntervalMs = 50;

/**
 * Returns newer tokens than the ones held: those of another process if there are any, or else refreshed ones (RFC 6749
 * §6), from the endpoint seen when the user consented. All callers in all processes share one request: an authorization
 * server that rotates refresh tokens takes a second one for theft and ends the sign-in.
 *
 * Throws an {@link AuthorizationRequiredError} if the authorization server rejects the current refresh token or no
 * longer knows our client, or if there is no refresh token; a {@link ServerUnreachableError} if it does not answer, in
 * which case the tokens stay as they are; a `LimitExceededError` if this process has no room for the answer, before
 * anything is sent; a {@link CancelledError} if the user has signed in again; a `StoreUnavailableError`.
 */
export function refreshCredentials(deps: RefreshDeps, owner: Owner, held: SignedIn): Promise<SignedIn> {
  return singleFlight("refresh", `${deps.storeId} ${owner.sessionId} ${held.tv}`, async () => {
    const by = randomUUID();
    const end = performance.now() + waitTimeoutMs;
    while (performance.now() < end) {
      const turn = await deps.credentials.takeTurn(owner, held, { by, life: turnLife });
      if (turn.state === "theirs") {
        await pause(Math.min(lookIntervalMs, Math.max(turn.ms, 1)));
        continue;
      }
      if (!isSignedIn(turn.credentials)) throw signInAgain(held);
      if (turn.state === "changed") return ofSameSignIn(held, turn.credentials);
      try {
        return ofSameSignIn(held, await refreshInTurn(deps, owner, turn.credentials));
      } finally {
        // If this fails, the others wait only until the turn expires.
        await deps.credentials.yieldTurn(owner, held, by).catch(() => undefined);
      }
    }
    throw notRenewed(held);
  });
}

/**
 * A caller that began as one account must not continue as another: the user may have signed in as someone else
 * meanwhile. All sign-ins of the app itself are one account.
 */
function ofSameSignIn(held: SignedIn, renewed: SignedIn): SignedIn {
  const areOurOwn = isAppSignIn(held.signIn) && isAppSignIn(renewed.signIn);
  if (renewed.flow === held.flow || areOurOwn) return renewed;
  throw new CancelledError({
    message: "You signed in again while this was running",
    hint: "Try again to use the new sign-in.",
    retryable: true,
  });
}

async function refreshInTurn(deps: RefreshDeps, owner: Owner, current: SignedIn): Promise<SignedIn> {
  const attributes = {
    "mcp_redis.session.id": owner.sessionId,
    "server.address": new URL(current.signIn.authorizationServer.url).host,
  };
  const tokens = await span("mcp.refresh", attributes, () => requestTokens(deps, owner, current)).catch(
    (error: unknown) => takeWinner(deps, owner, current, error),
  );
  if ("tv" in tokens) return tokens;
  const renewed = { tv: newVersion(), tokens };
  const kept = await retryUntilStored(writePatienceMs, () => keep(deps, owner, current, renewed));
  // Forgotten, or signed in again meanwhile: the tokens of a past sign-in must not stay valid.
  if (kept?.flow !== current.flow) await revokeTokens(deps, { ...current.signIn, tokens });
  if (!kept) throw signInAgain(current);
  return kept;
}

/**
 * Replaces the old tokens with the new ones, and keeps any other change to the credentials made meanwhile. Returns what
 * is stored then: other tokens if another process has written some, undefined if there is no sign-in any more.
 */
async function keep(
  deps: RefreshDeps,
  owner: Owner,
  before: SignedIn,
  { tv, tokens }: { tv: string; tokens: Tokens },
): Promise<SignedIn | undefined> {
  let base = before;
  for (;;) {
    const next = { ...base, tv, cv: newVersion(), signIn: { ...base.signIn, tokens } };
    if (await deps.credentials.replace(owner, base, next)) return next;
    const stored = await deps.credentials.read(owner);
    if (!isSignedIn(stored)) return undefined;
    if (stored.tv !== before.tv) return stored;
    base = stored;
  }
}

async function requestTokens(deps: RefreshDeps, { userId }: Owner, current: SignedIn) {
  const { tokens, client, authorizationServer } = current.signIn;
  // The app can always get another token for itself (client_credentials).
  const isOurOwn = isAppSignIn({ client });
  if (!tokens.refreshToken && !isOurOwn) throw signInAgain(current);
  const addClientAuthentication = deps.registrations.authenticationOf(client, authorizationServer);
  const { metadata, resource, url } = authorizationServer;
  try {
    if (isOurOwn || !tokens.refreshToken) return await requestAppTokens(deps, current.signIn, tokens.scope);
    const answer = await refreshAuthorization(url, {
      ...(metadata ? { metadata } : {}),
      ...(resource ? { resource } : {}),
      clientInformation: revealClient(client),
      addClientAuthentication,
      refreshToken: tokens.refreshToken.reveal(),
      fetchFn: boundedFetch(deps.fetch, { ms: refreshTimeoutMs, bytes: maxAnswerBytes }),
    });
    return stampTokens(answer, { now: deps.now(), scope: tokens.scope, refreshToken: tokens.refreshToken });
  } catch (error) {
    if (isMcpSessionError(error) && isLackOfRoom(error)) throw error;
    if (isUnknownClient(error)) {
      if (client.preregistered) throw clientRefused(issuerOf(authorizationServer), error);
      await deps.registrations.suspect(issuerOf(authorizationServer), client, witnessOf(error, userId));
      throw signInAgain(current);
    }
    if (error instanceof OAuthError && error.code === "invalid_grant") throw signInAgain(current);
    throw notRenewed(current, withoutMessage(error));
  }
}

function notRenewed({ signIn }: SignedIn, cause?: unknown): ServerUnreachableError {
  return new ServerUnreachableError({
    message: `${shownHost(signIn.authorizationServer.url)} did not renew the sign-in`,
    hint: "Try again in a moment.",
    retryable: true,
    cause,
  });
}

/**
 * A refusal counts only for the current token: another process may have rotated it, or the user may have signed in
 * again.
 */
async function takeWinner(deps: RefreshDeps, owner: Owner, held: SignedIn, error: unknown) {
  const stored = await deps.credentials.read(owner);
  if (isSignedIn(stored) && stored.tv !== held.tv) return stored;
  throw error;
}

function signInAgain({ signIn }: SignedIn): AuthorizationRequiredError {
  return new AuthorizationRequiredError({
    message: `${shownHost(signIn.authorizationServer.url)} no longer accepts your sign-in`,
    hint: "Sign in again.",
    retryable: false,
  });
}
