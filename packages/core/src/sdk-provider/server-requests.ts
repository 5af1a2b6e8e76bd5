import { extractWWWAuthenticateParams, InsufficientScopeError } from "@modelcontextprotocol/client";
import { ScopeChallengeError } from "../authorization/step-up.js";
import { challengeIn } from "../authorization/tokens/session-auth-provider.js";
import { endStepUps, recordError } from "../client/tell-session.js";
import { admissionOf } from "../credentials/admission.js";
import { AuthorizationRequiredError, NotConnectedError } from "../errors.js";
import { parseJson } from "../parse-json.js";
import { type Access, openAccess } from "../server/access.js";
import { asConnectionError } from "../server/server-error.js";
import type { StoredSession } from "../session/session-store.js";
import { boundedAnswers } from "./bounded-answers.js";
import { wrongServer } from "./misuse.js";
import type { ProviderDeps } from "./provider-deps.js";

export interface Answered {
  response: Response;
  /** Why the user has to sign in, if they have to. */
  refusal: unknown;
}

/**
 * Sends a request of a transport to the session's server, with the session's tokens instead of the transport's own. They
 * are renewed before they expire and once on a 401, with one request for all callers of all processes.
 *
 * Throws `SESSION_NOT_FOUND`; `RATE_LIMITED` when the user calls too often; `NOT_CONNECTED` when they have disconnected;
 * `SERVER_UNREACHABLE` when the server, or its authorization server with new tokens, does not answer; `SCOPE_REQUIRED`
 * when the server keeps asking for more; `HEADERS_REFUSED` for the user's own key; `AUTHORIZATION_FAILED` for the app's.
 */
export async function askServer(deps: ProviderDeps, { server, url, init }: ServerRequest): Promise<Answered> {
  const { sessions, rates } = deps.parts;
  const { userId, sessionId } = deps.session;
  const reading = sessions.read(userId, sessionId);
  let stored = await (init.method === "POST" ? rates.takeWhile(userId, "calls", reading) : reading);
  for (;;) {
    // Meanwhile the session may have been made again for another server.
    if (new URL(stored.record.serverUrl).href !== server.href) throw wrongServer();
    if (!stored.record.active) throw disconnected();
    const answered = await askOnce(deps, stored, { url, init });
    if (!answered.refusal) return answered;
    // Another process may have finished a sign-in meanwhile: then this refusal was for the one before.
    const now = await sessions.read(userId, sessionId);
    if (admissionOf(now) === admissionOf(stored)) return answered;
    stored = now;
  }
}

interface Request {
  url: URL;
  init: RequestInit;
}

export interface ServerRequest extends Request {
  /** The session's server when the address was judged. */
  server: URL;
}

async function askOnce(deps: ProviderDeps, stored: StoredSession, request: Request): Promise<Answered> {
  const { sessions } = deps.parts;
  let admission: string | undefined;
  let answer: { response: Response; refusal: unknown };
  try {
    admission = admissionOf(stored);
    const access = await openAccess(deps.parts, stored);
    const fetch = boundedAnswers(access.fetch, deps.parts, deps.session.userId);
    answer = await answerTo({ ...access, fetch }, request);
  } catch (error) {
    throw await recordError(sessions, deps.session, error, admission);
  }
  const { response, refusal } = answer;
  if (!refusal) {
    if (response.ok && stored.record.stepUps > 0 && isToolCall(request.init)) await endStepUps(sessions, deps.session);
    return { response, refusal: undefined };
  }
  const recorded = await recordError(sessions, deps.session, refusal, admission);
  if (isForUser(recorded)) return { response, refusal: recorded };
  throw recorded;
}

async function answerTo(access: Access, request: Request) {
  const { response, ended } = await sendWithToken(access, request);
  return { response, refusal: refusalIn(access, { response, url: request.url, ended }) };
}

/** `ended`: the sign-in can no longer be renewed, so the request was sent without a token. */
async function sendWithToken(access: Access, { url, init }: Request): Promise<{ response: Response; ended: unknown }> {
  let ended: unknown;
  const { authProvider, fetch } = access;
  const send = async () => {
    const token = await authProvider.token().catch((error: unknown) => {
      if (!(error instanceof AuthorizationRequiredError)) throw error;
      ended = error;
      return undefined;
    });
    const headers = new Headers(init.headers);
    if (token === undefined) headers.delete("authorization");
    else headers.set("authorization", `Bearer ${token}`);
    return fetch(url, { ...init, headers });
  };
  const response = await send();
  if (response.status !== 401 || ended) return { response, ended };
  try {
    await authProvider.onUnauthorized?.({ response, serverUrl: url, fetchFn: fetch });
  } catch (error) {
    if (!(error instanceof AuthorizationRequiredError)) throw error;
    return { response, ended: error };
  }
  await response.body?.cancel();
  return { response: await send(), ended };
}

/** The server's refusal of what let the request in, as an error of ours. */
function refusalIn(
  { auth, admittedBy }: Access,
  { response, url, ended }: { response: Response; url: URL; ended: unknown },
): unknown {
  const known = {
    ...{ url, step: "request" as const, seconds: 0, awaited: undefined, hasSession: false },
    ...{ admittedBy, grantedScope: auth.grantedScope },
  };
  if (response.status === 401) return asConnectionError(challengeIn(response, url, ended), known);
  if (response.status !== 403) return undefined;
  const { error, scope, resourceMetadataUrl } = extractWWWAuthenticateParams(response);
  if (error !== "insufficient_scope") return undefined;
  const asked = {
    ...(scope === undefined ? {} : { requiredScope: scope }),
    ...(resourceMetadataUrl ? { resourceMetadataUrl } : {}),
  };
  return asConnectionError(new InsufficientScopeError(asked), known);
}

/** Whether the user can help by signing in. A server that keeps asking for more is not worth another sign-in. */
const isForUser = (error: unknown) =>
  error instanceof AuthorizationRequiredError || (error instanceof ScopeChallengeError && Boolean(error.challenge));

const isToolCall = ({ body }: RequestInit) => {
  const message = typeof body === "string" ? parseJson(body) : undefined;
  return typeof message === "object" && message !== null && "method" in message && message.method === "tools/call";
};

const disconnected = () =>
  new NotConnectedError({ message: "You disconnected this connection", hint: "Reconnect first.", retryable: false });
