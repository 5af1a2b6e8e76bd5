import { isDeepStrictEqual } from "node:util";
import {
  type ConnectInput,
  type ConnectResult,
  connectInputSchema,
  isMcpSessionError,
  isTransitional,
  type McpSessionError,
  type ReconnectInput,
  reconnectInputSchema,
} from "@mcp-assistant/protocol";
import { callbackUrlFor, type RedirectUrls } from "../authorization/redirect-urls.js";
import { stepUp } from "../authorization/step-up.js";
import { challengeOf } from "../authorization/tokens/session-auth-provider.js";
import { checkRoom } from "../budgets/answer-room.js";
import { budgetUser } from "../budgets/budget-user.js";
import { checkedInput } from "../checked-input.js";
import { changeOfHeaders } from "../credentials/custom-headers.js";
import {
  AuthorizationRequiredError,
  CancelledError,
  isLackOfRoom,
  LimitExceededError,
  ScopeRequiredError,
  SessionConflictError,
} from "../errors.js";
import type { RefusedHosts } from "../outbound/refused-hosts.js";
import { parseServerUrl } from "../outbound/server-url.js";
import { runShared } from "../process-wide.js";
import { randomToken } from "../random-token.js";
import type { Rates } from "../rates/rates.js";
import { dial } from "../server/dial.js";
import { listTools } from "../server/methods/tools.js";
import { newLease } from "../session/lease.js";
import type { Change } from "../session/move.js";
import { newRecord } from "../session/new-record.js";
import { checkNewSessionId, serverIdFromUrl } from "../session/session-id.js";
import type { SessionRecord } from "../session/session-record.js";
import { span } from "../telemetry.js";
import type { ToolLists } from "../tools/tool-lists.js";
import { disconnect } from "./disconnect.js";
import { type EndDeps, type Ended, endTransportSession } from "./end-transport-session.js";
import { type WaitDeps, waitForRest } from "./wait-for-rest.js";
import { Work } from "./work-lease.js";

export interface ConnectDeps extends EndDeps, WaitDeps {
  rates: Rates;
  refusedHosts: RefusedHosts;
  toolLists: ToolLists;
  redirectUrls: RedirectUrls;
  /** How long (s) a sign-in may take. */
  attemptTtl: number;
}

/**
 * Connects a user to a server. The first click makes the session and does the work; further clicks wait for it and get
 * the same answer.
 *
 * Throws `SERVER_URL_INVALID`, `INVALID_INPUT`, `RATE_LIMITED`, `SERVER_URL_FORBIDDEN`, `SESSION_CONFLICT`, or
 * `LIMIT_EXCEEDED` when this process has no room for the server's answers, before there is a session. A later problem
 * is returned and kept with the session, which is then FAILED with that error. Only when the room is gone while a
 * server is being asked, this throws as well: see {@link backTo}.
 *
 * A new session gets the `sessionId`, if the app has made one. Then this also throws `INVALID_INPUT` for one of another
 * form, user or server, and `SESSION_NOT_FOUND` for one that another user has.
 */
export async function connect(
  deps: ConnectDeps,
  userId: string,
  given: ConnectInput,
  sessionId?: string,
): Promise<ConnectResult> {
  // First, because it gives the best error for a wrong address. A host without a type checker may pass anything.
  const url = parseServerUrl(typeof given?.serverUrl === "string" ? given.serverUrl : "");
  deps.refusedHosts.watch(url, () => deps.policy.check(url));
  const input = checkedInput(connectInputSchema, given);
  const { headers } = input;
  const serverId = input.serverId ?? serverIdFromUrl(url);
  if (sessionId !== undefined) checkNewSessionId(sessionId, { userId, serverId });
  const callbackUrl = callbackUrlFor(deps.redirectUrls, input.callbackUrl);
  if (Object.keys(headers ?? {}).length > 0) deps.refusedHosts.watch(url, () => deps.policy.checkSecrets(url));
  checkRoom(budgetUser(deps.storeId, userId), deps.limits);
  // From here on servers are contacted, which is counted.
  const now = await deps.rates.takeWhile(userId, "connects", deps.sessions.time());
  const fresh = newRecord({
    userId,
    serverId,
    sessionId,
    serverName: input.serverName ?? url.host,
    serverUrl: url.href,
    callbackUrl,
    transportType: input.transportType ?? "auto",
    work: newLease(now),
    now,
  });
  const { credentials, ...admission } = headers ? changeOfHeaders(deps.credentials, fresh, { headers }) : {};
  const { record, created } = await deps.sessions.create({ ...fresh, ...admission }, credentials ?? undefined);
  if (created) return answerOf(deps, await finished(deps, record));
  if (record.serverUrl !== url.href) throw sessionConflict(record, "uses a different address");
  if (record.serverId !== serverId) throw sessionConflict(record, "has a different serverId");
  await takeOver(deps, record, input);
  if (record.state === "CONNECTED" && !headers) {
    await deps.rates.giveBack(userId, "connects");
    return answerOf(deps, record);
  }
  return takeUp(deps, userId, { sessionId: record.sessionId, headers });
}

/** Gives an existing session what was asked for. What was not asked for stays. */
async function takeOver(
  { sessions }: ConnectDeps,
  record: SessionRecord,
  { serverName, callbackUrl, transportType }: ConnectInput,
): Promise<void> {
  const asked = {
    ...(serverName === undefined ? {} : { serverName }),
    ...(callbackUrl === undefined ? {} : { callbackUrl }),
    ...(transportType === undefined ? {} : { transportType }),
  };
  const differs = (known: SessionRecord) => !isDeepStrictEqual({ ...known, ...asked }, known);
  if (!differs(record)) return;
  await sessions.change(record.userId, record.sessionId, (known) => (differs(known) ? asked : undefined));
}

/** A session that is not the one that was described. */
export const sessionConflict = ({ serverId }: SessionRecord, how: string) =>
  new SessionConflictError({
    message: `Your connection "${serverId}" ${how}`,
    hint: "Remove that connection first, or choose another id for this one.",
    retryable: false,
  });

/**
 * Connects a session again with its existing sign-in and, if given, new custom headers. Returns the same as
 * {@link connect}; throws `SESSION_NOT_FOUND`, `INVALID_INPUT`, `RATE_LIMITED`, and `LIMIT_EXCEEDED` when this process
 * has no room for the server's answers. Then the connection stays as it is.
 */
export async function reconnect(deps: ConnectDeps, userId: string, input: ReconnectInput): Promise<ConnectResult> {
  const { sessionId } = input;
  const headers = checkedInput(reconnectInputSchema.shape.headers, input.headers);
  checkRoom(budgetUser(deps.storeId, userId), deps.limits);
  await deps.rates.takeWhile(userId, "connects", deps.sessions.read(userId, sessionId));
  return takeUp(deps, userId, { sessionId, headers });
}

/** Connects a known session, or waits for the caller that already does. A wait dials nothing, so it is not counted. */
async function takeUp(
  deps: ConnectDeps,
  userId: string,
  { sessionId, headers }: ReconnectInput,
): Promise<ConnectResult> {
  const owner = randomToken();
  for (;;) {
    let before: Before = {};
    const record = await deps.sessions.change(userId, sessionId, (known, now, stored, handshake) => {
      before = headers ? { replaced: { record: known, credentials: stored, handshake } } : { atRest: known };
      if (isTransitional(known.state)) return undefined;
      return {
        state: known.connectedAt === null ? "CONNECTING" : "RECONNECTING",
        active: true,
        work: newLease(now, owner),
        // A pending challenge belonged to the old credentials.
        ...(headers
          ? {
              flow: null,
              challenge: null,
              handshake: null,
              ...changeOfHeaders(deps.credentials, known, { headers, stored }),
            }
          : {}),
      };
    });
    if (record.work?.owner === owner) return answerOf(deps, await finished(deps, record, before));
    if (!headers) {
      await deps.rates.giveBack(userId, "connects");
      return answerOf(deps, await waitForRest(deps, record));
    }
    // The work under way dials with the old headers, so it is cancelled.
    await disconnect(deps, userId, sessionId);
  }
}

/** The outcome of the work that was started here or, after a cancel, of newer work that replaced it. */
async function finished(deps: ConnectDeps, begun: SessionRecord, before?: Before): Promise<SessionRecord> {
  return waitForRest(deps, await complete(deps, begun, before));
}

/** What a session was before its connecting began. */
export interface Before {
  /** With what let it in, if another sign-in or other headers have taken the place of that. */
  replaced?: Ended | undefined;
  /** The record at rest, if nothing but its state has changed. */
  atRest?: SessionRecord;
}

/**
 * Finishes connecting under the lease that the record carries. Returns the record as it then is. What becomes of a
 * connection is no answer's own, so it goes on when that one is stopped.
 */
export async function complete(
  deps: ConnectDeps,
  begun: SessionRecord,
  { replaced, atRest }: Before = {},
): Promise<SessionRecord> {
  const ending = endTransportSession(deps, replaced);
  try {
    return await runShared(() => completed(deps, begun, atRest));
  } finally {
    await ending;
  }
}

async function completed(
  deps: ConnectDeps,
  begun: SessionRecord,
  atRest: SessionRecord | undefined,
): Promise<SessionRecord> {
  const work = new Work(deps.sessions, begun, begun.work?.owner ?? "");
  const { userId, sessionId, state, serverUrl } = begun;
  const attributes = { "mcp_redis.session.id": sessionId, "server.address": new URL(serverUrl).host };
  try {
    return await span("mcp.connect", attributes, () => dialAndDiscover(deps, work));
  } catch (error) {
    if (!isMcpSessionError(error) || error.code === "STORE_UNAVAILABLE") throw error;
    if (error instanceof CancelledError) return (await deps.sessions.read(userId, sessionId)).record;
    const isBack = atRest !== undefined && isLackOfRoom(error);
    const afterSignIn = state === "AUTHENTICATED";
    try {
      const ended = await work.advance(
        isBack ? backTo(atRest) : failureOf(deps, { afterSignIn, record: work.record }, error),
      );
      if (!isBack) return ended;
    } catch (late) {
      if (late instanceof CancelledError) return (await deps.sessions.read(userId, sessionId)).record;
      throw late;
    }
    throw error;
  }
}

/**
 * The way back to where a connection was, when this process has no room left. That says nothing of the server. Without
 * a way back (a new connection, a sign-in, other headers), it is FAILED with an error that the next use tries again.
 */
const backTo = ({ state, active, error, reason }: SessionRecord): Change => ({ state, active, error, reason });

async function dialAndDiscover(deps: ConnectDeps, work: Work): Promise<SessionRecord> {
  const { userId, sessionId } = work.record;
  const stored = await deps.sessions.read(userId, sessionId);
  const dialled = await work.during((signal) => dial(deps, stored, signal));
  let isShared = false;
  try {
    await work.advance({ state: "DISCOVERING", ...dialled.said });
    const tools = await work.during((signal) => listTools(dialled, signal));
    const discovered = await deps.toolLists.discover(work.record, tools);
    const made = deps.handshakes.seal(work.record, dialled, { now: deps.sessions.now() });
    const connected = await work.advance({ state: "CONNECTED", challenge: null, handshake: made.text, ...discovered });
    isShared = made.isShared;
    await endTransportSession(deps, stored);
    return connected;
  } finally {
    await (isShared ? dialled.close() : dialled.end());
  }
}

/**
 * A 401 while connecting, or a 403 for lack of scope, asks for a sign-in. Right after a sign-in it is a failure, to
 * avoid an endless loop.
 */
function failureOf(
  deps: ConnectDeps,
  { afterSignIn, record }: { afterSignIn: boolean; record: SessionRecord },
  thrown: McpSessionError,
): Change {
  const { error, offered, change } =
    thrown instanceof ScopeRequiredError
      ? stepUp(record, thrown)
      : { error: thrown, offered: thrown instanceof AuthorizationRequiredError, change: challengeOf(thrown) };
  if (offered && !afterSignIn) {
    const until = deps.sessions.now() + deps.attemptTtl * 1_000;
    const lease = { owner: randomToken(), until };
    return { state: "AUTHENTICATING", flow: randomToken(), work: lease, ...change };
  }
  return { state: "FAILED", error: error.toJSON(), ...change };
}

function answerOf({ sessions }: ConnectDeps, { sessionId, state, error }: SessionRecord): ConnectResult {
  if (error && isLackOfRoom(error)) throw new LimitExceededError(error);
  return { sessionId, state, authUrl: state === "AUTHENTICATING" ? sessions.authUrl(sessionId) : null, error };
}
