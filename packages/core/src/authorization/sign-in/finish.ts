import { isMcpSessionError, type McpSessionError } from "@mcp-assistant/protocol";
import {
  exchangeAuthorization,
  type OAuthTokens,
  validateAuthorizationResponseIssuer,
} from "@modelcontextprotocol/client";
import type { RoomLimits } from "../../budgets/answer-room.js";
import type { CredentialStore } from "../../credentials/credential-store.js";
import { revealClient, type Tokens } from "../../credentials/credentials.js";
import { InvalidStateError } from "../../errors.js";
import type { Fetch } from "../../outbound/guarded-fetch.js";
import { shownHost } from "../../outbound/shown-host.js";
import type { Rates } from "../../rates/rates.js";
import type { SessionRecord } from "../../session/session-record.js";
import type { Sessions } from "../../session/sessions.js";
import { type ClientRegistrations, clientRefused, isUnknownClient, witnessOf } from "../client/choice.js";
import { boundedFetch, inTakenRoom, maxAnswerBytes, takeRoomForTokens } from "../discovery/bounded-fetch.js";
import { asAuthorizationFailure } from "../failure.js";
import { stampTokens } from "../tokens/tokens.js";
import {
  type Attempt,
  type AttemptStore,
  attemptIdOf,
  type NamedAttempt,
  nonceMatches,
  type Outcome,
} from "./attempt.js";
import { checkAddress, isForHandler } from "./callback-address.js";
import { keepOrRevoke, type Replaced } from "./keep-tokens.js";
import { learnFrom, refusalOf } from "./refusal.js";
import { checkNotRepeated } from "./repeated-params.js";
import type { Callback } from "./sign-in.js";

export interface FinishDeps {
  sessions: Sessions;
  attempts: AttemptStore;
  credentials: Pick<CredentialStore, "encode" | "peek">;
  registrations: Pick<ClientRegistrations, "authenticationOf" | "suspect" | "widen">;
  rates: Pick<Rates, "take" | "giveBack">;
  fetch: Fetch;
  storeId: string;
  limits: RoomLimits;
}

/** How long (ms) the exchange of the code may take. */
const exchangeTimeoutMs = 10_000;

/** Continues connecting from AUTHENTICATED to the end. */
export type ContinueConnecting = (
  signedIn: SessionRecord,
  before: { replaced: Replaced | undefined },
) => Promise<SessionRecord>;

/** A callback that was handled. */
export interface Finished {
  attemptId: string;
  /** Why the sign-in failed. A repeat changes nothing, and does not say. */
  failure?: McpSessionError;
}

/**
 * Finishes a sign-in. The code is exchanged once, however often the callback arrives. Returns the attempt's ID; the
 * page for that attempt shows what happened, now and at every repeat.
 *
 * Throws an {@link InvalidStateError} and changes nothing if the user, the browser, the address, the issuer (RFC 9207)
 * or the sign-in does not match; `INVALID_INPUT` if the address is needed and missing; `SESSION_NOT_FOUND` if the
 * session has been removed; `LIMIT_EXCEEDED` if this process has no room for the answer to the exchange, and then the
 * same callback can be finished later.
 */
export async function finishAuthorization(
  deps: FinishDeps,
  userId: string,
  callback: Callback,
  continueConnecting: ContinueConnecting,
): Promise<Finished> {
  return finishAttempt(
    deps,
    userId,
    { ...callback, attemptId: attemptIdOf(callback.params.get("state") ?? "") },
    continueConnecting,
  );
}

/** The same for an attempt that is known without its `state`. */
export async function finishAttempt(
  deps: FinishDeps,
  userId: string,
  { attemptId, params, cameTo, nonceOf }: Callback & { attemptId: string },
  continueConnecting: ContinueConnecting,
): Promise<Finished> {
  checkNotRepeated(params);
  const attempt = await deps.attempts.read(attemptId, userId);
  // Only the browser that started an attempt has its cookie, which outlives the attempt.
  if (!attempt) throw new InvalidStateError(nonceOf?.(attemptId) === undefined ? "unknown" : "expired");
  if (attempt.userId !== userId) throw new InvalidStateError("foreign");
  // A repeat only shows what happened; the cookie may be gone by then.
  if (attempt.status !== "open") return { attemptId };
  const isStarter = nonceOf ? nonceMatches(attempt, nonceOf(attemptId)) : attempt.nonceHash === null;
  if (!isStarter && !isForHandler(attempt, cameTo)) throw new InvalidStateError("foreign");
  checkAddress(attempt, cameTo);
  checkIssuer(attempt, params);
  const { record } = await deps.sessions.read(userId, attempt.sessionId);
  if (record.flow !== attempt.flow) {
    // Another process may have finished this very attempt after we read it. Then this is a repeat.
    const again = await deps.attempts.read(attemptId, userId);
    if (again && again.status !== "open") return { attemptId };
    throw new InvalidStateError("overtaken", undefined, attemptId);
  }
  const refusal = params.get("error");
  // A code that is taken and then not exchanged would be lost.
  const room = refusal === null ? takeRoomForTokens(deps, userId) : undefined;
  const isTaken = await deps.attempts.take(attemptId, attempt, deps.sessions.now()).catch((error: unknown) => {
    room?.giveBack();
    throw error;
  });
  if (!isTaken) {
    room?.giveBack();
    return { attemptId };
  }

  if (refusal !== null) {
    const outcome = refusal === "access_denied" ? "declined" : "failed";
    // What helps later sign-ins must not leave this one without an outcome.
    await learnFrom(refusal, deps, attempt).catch(() => undefined);
    const failure = refusalOf(refusal, attempt);
    await giveUp(deps, { attemptId, attempt, outcome, error: failure });
    return { attemptId, failure };
  }
  const tokensOf = () => exchange(deps, attempt, params).finally(() => room?.giveBack());
  const failure = await settleAttempt(deps, { attemptId, attempt }, tokensOf, continueConnecting);
  return { attemptId, ...(failure ? { failure } : {}) };
}

/**
 * Stores the tokens that a taken attempt got, continues connecting, and concludes the attempt. Returns why the sign-in
 * failed, if it did. Throws `SESSION_NOT_FOUND` if the session has been removed.
 */
export async function settleAttempt(
  deps: FinishDeps,
  { attemptId, attempt }: NamedAttempt,
  tokensOf: () => Promise<Tokens>,
  continueConnecting: ContinueConnecting,
): Promise<McpSessionError | undefined> {
  try {
    const { signedIn, ...before } = await keepOrRevoke(deps, attempt, await tokensOf());
    const { state } = await continueConnecting(signedIn, before);
    await deps.attempts.conclude(attemptId, attempt, state === "CONNECTED" ? "connected" : "failed");
    return undefined;
  } catch (error) {
    if (!isMcpSessionError(error)) throw error;
    const outcome = error instanceof InvalidStateError ? "overtaken" : "failed";
    await giveUp(deps, { attemptId, attempt, outcome, error });
    return error;
  }
}

async function exchange(deps: FinishDeps, attempt: Attempt, params: URLSearchParams): Promise<Tokens> {
  const { authorizationServer, client, codeVerifier, redirectUrl } = attempt;
  const [code, iss] = [params.get("code"), params.get("iss")];
  if (!code) throw await exchangeFailure(deps, attempt, new Error("There is no code"));
  try {
    const answer = await exchangeAuthorization(authorizationServer.url, {
      ...(authorizationServer.metadata ? { metadata: authorizationServer.metadata } : {}),
      ...(iss ? { iss } : {}),
      ...(authorizationServer.resource ? { resource: authorizationServer.resource } : {}),
      clientInformation: revealClient(client),
      addClientAuthentication: deps.registrations.authenticationOf(client, authorizationServer),
      authorizationCode: code,
      codeVerifier: codeVerifier.reveal(),
      redirectUri: redirectUrl,
      fetchFn: boundedFetch(inTakenRoom(deps.fetch), { ms: exchangeTimeoutMs, bytes: maxAnswerBytes }),
    });
    return grantedTokens(deps, attempt, answer);
  } catch (error) {
    throw await exchangeFailure(deps, attempt, error);
  }
}

/** The tokens in the answer to an exchange. Throws for an answer that cannot be used. */
export const grantedTokens = ({ sessions }: FinishDeps, { scope }: Attempt, answer: OAuthTokens): Tokens =>
  stampTokens(answer, { now: sessions.now(), scope, refreshToken: null });

/** Why an exchange got no tokens, in our own words. Says so if the authorization server does not know our client. */
export async function exchangeFailure(deps: FinishDeps, attempt: Attempt, error: unknown): Promise<McpSessionError> {
  if (isUnknownClient(error)) {
    const { client, issuer, userId } = attempt;
    if (client.preregistered) return clientRefused(issuer, error);
    await deps.registrations.suspect(issuer, client, witnessOf(error, userId)).catch(() => undefined);
  }
  return asAuthorizationFailure(error, {
    message: `${shownHost(attempt.issuer)} did not complete the sign-in`,
    hint: "Sign in again. If it keeps failing, contact the server's provider.",
  });
}

/**
 * A failed attempt only ends the wait for a sign-in; a working session keeps working. The flow stays, because another
 * attempt of it may be open in another window.
 */
async function giveUp(
  deps: FinishDeps,
  failure: { attemptId: string; attempt: Attempt; outcome: Exclude<Outcome, "connected">; error: McpSessionError },
): Promise<void> {
  const { attemptId, attempt, outcome, error } = failure;
  try {
    await deps.sessions.change(attempt.userId, attempt.sessionId, (record) => {
      if (record.state !== "AUTHENTICATING" || record.flow !== attempt.flow) return undefined;
      return outcome === "declined"
        ? { state: "DISCONNECTED", reason: error.message }
        : { state: "FAILED", error: error.toJSON() };
    });
  } finally {
    await deps.attempts.conclude(attemptId, attempt, outcome);
  }
}

function checkIssuer(attempt: Attempt, params: URLSearchParams): void {
  const { metadata } = attempt.authorizationServer;
  try {
    const iss = params.get("iss") ?? undefined;
    validateAuthorizationResponseIssuer({
      iss,
      // Without metadata, we do not know whether the issuer is written with a slash at its end.
      expectedIssuer: metadata?.issuer ?? attempt.issuer.slice(0, iss?.endsWith("/") ? undefined : -1),
      issParameterSupported: metadata?.authorization_response_iss_parameter_supported === true,
    });
  } catch (cause) {
    throw new InvalidStateError("issuer", cause);
  }
}
