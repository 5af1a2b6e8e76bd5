import { isMcpSessionError, type McpConnectionState } from "@mcp-assistant/protocol";
import { startAuthorization as buildAuthorizationUrl } from "@modelcontextprotocol/client";
import type { CredentialStore } from "../../credentials/credential-store.js";
import { isAppSignIn, type RegisteredClient, revealClient } from "../../credentials/credentials.js";
import { includesAuthorization } from "../../credentials/custom-headers.js";
import { Secret } from "../../credentials/secret.js";
import { AuthorizationFailedError, CancelledError, isLackOfRoom } from "../../errors.js";
import { type AddressPolicy, isLoopbackHost } from "../../outbound/address-policy.js";
import type { Fetch } from "../../outbound/guarded-fetch.js";
import { shownHost } from "../../outbound/shown-host.js";
import { randomToken } from "../../random-token.js";
import type { Rates } from "../../rates/rates.js";
import type { SessionRecord } from "../../session/session-record.js";
import type { StoredSession } from "../../session/session-store.js";
import type { Sessions } from "../../session/sessions.js";
import type { ClientRegistrations } from "../client/choice.js";
import { registrantOf } from "../client/registrant.js";
import type { SignInPages } from "../client/sign-in-pages.js";
import { type DiscoveredServer, type DiscoveryRules, discoverAuthorizationServer } from "../discovery/discovery.js";
import { asAuthorizationFailure } from "../failure.js";
import type { RedirectUrls } from "../redirect-urls.js";
import { chooseScope } from "../scopes.js";
import { type AttemptStore, attemptIdOf, hashNonce } from "./attempt.js";
import { checkFinisher } from "./finisher.js";
import { maxListedAttempts } from "./open-attempts.js";
import type { Started, StartOptions } from "./sign-in.js";

export interface StartDeps {
  fetch: Fetch;
  discovery: DiscoveryRules;
  registrations: ClientRegistrations;
  redirectUrls: RedirectUrls;
  sessions: Sessions;
  attempts: AttemptStore;
  rates: Pick<Rates, "take" | "giveBack">;
  credentials: Pick<CredentialStore, "peek">;
  policy: AddressPolicy;
  pages: Pick<SignInPages, "check">;
  /** Whether the app has a handler, in this process or in another, which finishes sign-ins at redirect URLs of ours. */
  hasHandler: () => boolean;
  /** How long (s) a sign-in may take. */
  attemptTtl: number;
}

const busy: readonly McpConnectionState[] = [
  "CONNECTING",
  "RECONNECTING",
  "DISCOVERING",
  "VALIDATING",
  "AUTHENTICATED",
];

/**
 * Opens an attempt with a fresh state, PKCE verifier (RFC 7636) and nonce, at the authorization server as it is now. A
 * CONNECTED session keeps its state: only a successful callback changes it.
 *
 * Throws `SESSION_NOT_FOUND`, also for another user's session; `AUTHORIZATION_FAILED` if discovery or registration
 * fails, which also makes a session that waits for this sign-in FAILED; `CANCELLED` if the user cancelled meanwhile;
 * `RATE_LIMITED` if the user starts too often, which changes nothing, or at too many services that are new to this app;
 * `LIMIT_EXCEEDED` if this process has no room for the answers that it takes, which changes nothing either.
 */
export async function startAuthorization(
  deps: StartDeps,
  { userId, sessionId }: { userId: string; sessionId: string },
  { returnTo = null, browser = true }: StartOptions = {},
): Promise<Started> {
  const stored = await deps.sessions.read(userId, sessionId);
  const { record } = stored;
  if (busy.includes(record.state)) return { kind: "busy", state: record.state };
  await deps.rates.take(userId, "sign-ins");
  try {
    return await openAttempt(deps, stored, { returnTo, browser });
  } catch (error) {
    if (isMcpSessionError(error) && isLackOfRoom(error)) await deps.rates.giveBack(userId, "sign-ins");
    else if (isMcpSessionError(error) && error.code !== "CANCELLED" && error.code !== "STORE_UNAVAILABLE") {
      await deps.sessions.change(userId, sessionId, ({ state, flow }) =>
        state === "AUTHENTICATING" && flow === record.flow ? { state: "FAILED", error: error.toJSON() } : undefined,
      );
    }
    throw error;
  }
}

async function openAttempt(
  deps: StartDeps,
  stored: StoredSession,
  { returnTo, browser }: { returnTo: string | null; browser: boolean },
): Promise<Started> {
  const { record } = stored;
  if (includesAuthorization(record.headers?.names ?? [])) throw hasKey();
  deps.policy.checkSecrets(new URL(record.serverUrl));
  const server = await discoverAuthorizationServer(record.serverUrl, record.challenge, deps.fetch, deps.discovery);
  const { authorization_endpoint: page } = server.authorizationServerMetadata ?? {};
  // Check the page before registering, so that we do not register in vain.
  if (page !== undefined) {
    checkAuthorizationUrl(new URL(page), deps.policy);
    await deps.pages.check(server.issuer, new URL(page));
  }
  await renewForgottenClient(deps, record, server.issuer);
  const sources = { challenged: record.challenge?.scope, granted: grantedScope(deps, stored) };
  const { client, redirectUrl } = await deps.registrations.clientAt(server, record.serverUrl, {
    scope: chooseScope(server, sources),
    callbackUrl: record.callbackUrl,
    registrant: registrantOf(deps.rates, record.userId),
  });
  if (isAppSignIn({ client })) throw appSignsIn(record);
  if (!browser) checkFinisher(deps, record, { issuer: server.issuer, redirectUrl, client });
  const scope = chooseScope(server, { ...sources, configured: client.preregistered?.scope });
  const [state, nonce] = [randomToken(), randomToken()];
  const { authorizationUrl, codeVerifier } = await buildRequest({ server, scope, client, state, redirectUrl });
  checkAuthorizationUrl(authorizationUrl, deps.policy);
  const attemptId = attemptIdOf(state);
  const attempt = {
    userId: record.userId,
    sessionId: record.sessionId,
    flow: record.flow ?? randomToken(),
    nonceHash: browser ? hashNonce(nonce) : null,
    codeVerifier: new Secret(codeVerifier),
    redirectUrl,
    scope: scope ?? null,
    returnTo,
    client,
    issuer: server.issuer,
    authorizationServer: {
      url: server.authorizationServerUrl,
      metadata: server.authorizationServerMetadata ?? null,
      resource: server.resource ?? null,
    },
  };
  await deps.attempts.open(attemptId, attempt, deps.attemptTtl);
  const flow = await waitForCallback(deps, record, { attemptId, flow: attempt.flow });
  if (flow !== attempt.flow) await deps.attempts.open(attemptId, { ...attempt, flow }, deps.attemptTtl);
  return { kind: "redirect", url: authorizationUrl.href, attemptId, nonce };
}

/** The scope that a working connection must not lose through another sign-in. */
function grantedScope({ credentials: store }: StartDeps, { record, credentials }: StoredSession): string | null {
  if (record.state !== "CONNECTED") return null;
  return store.peek(record, credentials)?.signIn?.tokens.scope ?? null;
}

/** The authorization request (RFC 6749 §4.1.1) with PKCE (RFC 7636) and resource (RFC 8707). */
async function buildRequest(request: {
  server: DiscoveredServer;
  scope: string | undefined;
  client: RegisteredClient;
  state: string;
  redirectUrl: string;
}) {
  const { server, scope, client, state, redirectUrl } = request;
  const metadata = server.authorizationServerMetadata;
  try {
    return await buildAuthorizationUrl(server.authorizationServerUrl, {
      ...(metadata ? { metadata } : {}),
      ...(scope ? { scope } : {}),
      ...(server.resource ? { resource: server.resource } : {}),
      clientInformation: revealClient(client),
      redirectUrl,
      state,
    });
  } catch (error) {
    throw asAuthorizationFailure(error, {
      message: `The sign-in at ${shownHost(server.issuer)} cannot be started`,
      hint: "Contact the server's provider.",
      operatorHint: "The authorization server must support the authorization code flow with PKCE (S256).",
    });
  }
}

/**
 * Makes the session wait for this attempt, and returns its flow, which another window may have begun meanwhile. Any
 * other change made while the attempt was being prepared, such as a cancel, takes precedence over it.
 */
async function waitForCallback(deps: StartDeps, seen: SessionRecord, attempt: { attemptId: string; flow: string }) {
  let { flow } = attempt;
  await deps.sessions.change(seen.userId, seen.sessionId, (record, now) => {
    const sameFlow = record.flow !== null && (seen.flow ?? record.flow) === record.flow;
    const stillWanted =
      record.state === "AUTHENTICATING" || (record.state === "CONNECTED" && seen.state === "CONNECTED");
    if (sameFlow && stillWanted) flow = record.flow ?? flow;
    else if (record.state !== seen.state || record.flow !== seen.flow) throw changedMeanwhile();
    const earlier = record.flow === flow ? record.attempts : [];
    const waitsFor = { flow, attempts: [...earlier, attempt.attemptId].slice(-maxListedAttempts) };
    if (record.state === "CONNECTED") return waitsFor;
    const work = { owner: attempt.attemptId, until: now + deps.attemptTtl * 1_000 };
    return { ...waitsFor, state: "AUTHENTICATING", work };
  });
  return flow;
}

/** How long (ms) after a start another one is part of the same click: too short to have read an error page. */
const doubleClickMs = 2_000;

/**
 * An authorization server that has forgotten our client says so to the user on its own page (RFC 6749 §4.1.2.1) and
 * never tells us. All we see is a user who went there, did not come back, and starts again. The user may also have just
 * closed the page, so the remedy costs little and happens at most once an hour.
 */
async function renewForgottenClient(
  deps: StartDeps,
  { userId, work, flow }: SessionRecord,
  issuer: string,
): Promise<void> {
  const earlier = work && (await deps.attempts.read(work.owner, userId));
  if (earlier?.status !== "open" || earlier.flow !== flow || earlier.issuer !== issuer) return;
  const startedAt = (work?.until ?? 0) - deps.attemptTtl * 1_000;
  if (deps.sessions.now() - startedAt < doubleClickMs) return;
  await deps.registrations.suspect(issuer, earlier.client, { userId });
}

const appSignsIn = ({ serverUrl }: SessionRecord) =>
  new AuthorizationFailedError({
    message: `You do not need to sign in to ${shownHost(serverUrl)}: this app has its own access`,
    hint: "Reconnect to use it.",
    retryable: false,
  });

/** The server would never see the new sign-in, because the user's own header takes precedence. */
const hasKey = () =>
  new AuthorizationFailedError({
    message: "This connection uses a key instead of a sign-in",
    hint: "To sign in, forget the key and connect again.",
    retryable: false,
  });

const changedMeanwhile = () =>
  new CancelledError({
    message: "The connection changed before the sign-in could start",
    hint: "Return to the app. Sign in again if the connection asks you to.",
    retryable: false,
  });

/**
 * The maximum length (characters) of an authorization URL: what servers and proxies accept for all headers of a
 * request.
 */
const maxUrlLength = 16_384;

/**
 * Requires https, or http for a loopback host that the operator named, as with development servers. There must be no
 * user name or password before the host: they only serve to make the URL look like another host's.
 */
function checkAuthorizationUrl(url: URL, policy: AddressPolicy): void {
  if (url.username || url.password || url.href.length > maxUrlLength) {
    throw new AuthorizationFailedError({
      message: "The address of the server's sign-in page is not valid",
      hint: "Contact the server's provider.",
      operatorHint: `The authorization URL must not contain a user name, and may have at most ${maxUrlLength} characters.`,
      retryable: false,
    });
  }
  const isNamedLoopback = url.protocol === "http:" && isLoopbackHost(url.hostname) && policy.names(url);
  if (url.protocol === "https:" || isNamedLoopback) return;
  throw new AuthorizationFailedError({
    message: "The server's sign-in page does not use HTTPS",
    hint: "Contact the server's provider. Signing in without HTTPS could expose your account.",
    operatorHint:
      "The authorization endpoint must use https. Only a loopback host in outbound.allowHosts may use http.",
    retryable: false,
  });
}
