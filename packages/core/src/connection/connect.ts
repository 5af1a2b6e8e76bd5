import {
  type ConnectInput,
  type ConnectResult,
  connectInputSchema,
  invalidInput,
  isMcpSessionError,
  isTransitional,
  type McpSessionError,
  type ReconnectInput,
  reconnectInputSchema,
} from "@mcp-assistant/protocol";
import type * as z from "zod";
import { type RedirectUrls, redirectUrlFor } from "../authorization/redirect-urls.js";
import { stepUp } from "../authorization/step-up.js";
import { challengeOf } from "../authorization/tokens/session-auth-provider.js";
import { changeOfHeaders } from "../credentials/custom-headers.js";
import { AuthorizationRequiredError, CancelledError, ScopeRequiredError, SessionConflictError } from "../errors.js";
import { parseServerUrl } from "../outbound/server-url.js";
import { randomToken } from "../random-token.js";
import type { Rates } from "../rates/rates.js";
import { type DialDeps, dial } from "../server/dial.js";
import { listTools } from "../server/methods/tools.js";
import { newLease } from "../session/lease.js";
import type { Change } from "../session/move.js";
import { newRecord } from "../session/new-record.js";
import { serverIdFromUrl } from "../session/session-id.js";
import type { SessionRecord } from "../session/session-record.js";
import type { Sessions } from "../session/sessions.js";
import { span } from "../telemetry.js";
import type { ToolLists } from "../tools/tool-lists.js";
import { disconnect } from "./disconnect.js";
import { waitForRest } from "./wait-for-rest.js";
import { Work } from "./work-lease.js";

export interface ConnectDeps extends DialDeps {
  sessions: Sessions;
  rates: Rates;
  toolLists: ToolLists;
  redirectUrls: RedirectUrls;
  /** How long (s) a sign-in may take. */
  attemptTtl: number;
}

/**
 * Connects a user to a server: the first click makes the session and does the work, the others wait for its end and
 * get the same answer.
 *
 * Throws `SERVER_URL_INVALID`, `INVALID_INPUT`, `RATE_LIMITED`, `SERVER_URL_FORBIDDEN` or
 * `SESSION_CONFLICT` before there is a session. What goes wrong later is answered, and kept with the session: it is FAILED
 * then, with the error.
 */
export async function connect(deps: ConnectDeps, userId: string, given: ConnectInput): Promise<ConnectResult> {
  // First, because it says best what is wrong with an address. A host without a type checker may give anything.
  const url = parseServerUrl(typeof given?.serverUrl === "string" ? given.serverUrl : "");
  deps.policy.check(url);
  const input = checked(connectInputSchema, given);
  const { headers } = input;
  const callbackUrl = redirectUrlFor(deps.redirectUrls, input.callbackUrl);
  if (Object.keys(headers ?? {}).length > 0) deps.policy.checkSecrets(url);
  // From here on servers are asked: that counts.
  const now = await deps.rates.takeWhile(userId, "connects", deps.sessions.time());
  const fresh = newRecord({
    userId,
    serverId: input.serverId ?? serverIdFromUrl(url),
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
  if (record.serverUrl !== url.href) {
    throw new SessionConflictError({
      message: `You already have a connection "${record.serverId}" to another address`,
      hint: "Remove that connection, or give this one another serverId.",
      retryable: false,
    });
  }
  if (input.callbackUrl !== undefined && record.callbackUrl !== callbackUrl) {
    await deps.sessions.change(userId, record.sessionId, () => ({ callbackUrl }));
  }
  if (record.state === "CONNECTED" && !headers) {
    await deps.rates.giveBack(userId, "connects");
    return answerOf(deps, record);
  }
  return takeUp(deps, userId, { sessionId: record.sessionId, headers });
}

/**
 * Connects a session again, with the sign-in that it has and, where they are given, with other custom headers than before.
 * Answers like {@link connect}; throws `SESSION_NOT_FOUND`, `INVALID_INPUT`, `RATE_LIMITED`.
 */
export async function reconnect(deps: ConnectDeps, userId: string, input: ReconnectInput): Promise<ConnectResult> {
  const { sessionId } = input;
  const headers = checked(reconnectInputSchema.shape.headers, input.headers);
  await deps.rates.takeWhile(userId, "connects", deps.sessions.read(userId, sessionId));
  return takeUp(deps, userId, { sessionId, headers });
}

/** Connects a known session, or waits for whoever does: that dials nothing, so its count is given back. */
async function takeUp(
  deps: ConnectDeps,
  userId: string,
  { sessionId, headers }: ReconnectInput,
): Promise<ConnectResult> {
  const owner = randomToken();
  for (;;) {
    const record = await deps.sessions.change(userId, sessionId, (known, now, stored) => {
      if (isTransitional(known.state)) return undefined;
      return {
        state: known.connectedAt === null ? "CONNECTING" : "RECONNECTING",
        active: true,
        work: newLease(now, owner),
        // What was wanted was wanted of who was let in before.
        ...(headers
          ? { flow: null, challenge: null, ...changeOfHeaders(deps.credentials, known, { headers, stored }) }
          : {}),
      };
    });
    if (record.work?.owner === owner) return answerOf(deps, await finished(deps, record));
    if (!headers) {
      await deps.rates.giveBack(userId, "connects");
      return answerOf(deps, await waitForRest(deps.sessions, record));
    }
    // Whoever is at work on it dials with the headers before: that is over.
    await disconnect(deps.sessions, userId, sessionId);
  }
}

/** The end of work that was begun here; of whoever's took its place, where somebody cancelled it and began anew. */
async function finished(deps: ConnectDeps, begun: SessionRecord): Promise<SessionRecord> {
  return waitForRest(deps.sessions, await complete(deps, begun));
}

/** Goes on from the lease that the record carries to the end of connecting. Answers the record as it then is. */
export async function complete(deps: ConnectDeps, begun: SessionRecord): Promise<SessionRecord> {
  const work = new Work(deps.sessions, begun, begun.work?.owner ?? "");
  const { userId, sessionId, state, serverUrl } = begun;
  const attributes = { "mcp_redis.session.id": sessionId, "server.address": new URL(serverUrl).host };
  try {
    return await span("mcp.connect", attributes, () => dialAndDiscover(deps, work));
  } catch (error) {
    if (!isMcpSessionError(error) || error.code === "STORE_UNAVAILABLE") throw error;
    if (error instanceof CancelledError) return (await deps.sessions.read(userId, sessionId)).record;
    try {
      return await work.advance(
        failureOf(deps, { afterSignIn: state === "AUTHENTICATED", record: work.record }, error),
      );
    } catch (late) {
      if (late instanceof CancelledError) return (await deps.sessions.read(userId, sessionId)).record;
      throw late;
    }
  }
}

async function dialAndDiscover(deps: ConnectDeps, work: Work): Promise<SessionRecord> {
  const { userId, sessionId, tools: known } = work.record;
  const stored = await deps.sessions.read(userId, sessionId);
  const dialled = await work.during((signal) => dial(deps, stored, signal));
  try {
    await work.advance({ state: "DISCOVERING", era: dialled.era });
    const tools = await work.during((signal) => listTools(dialled, signal));
    const discovered = await deps.toolLists.discover(tools, known?.hash);
    return await work.advance({ state: "CONNECTED", challenge: null, discovered });
  } finally {
    await dialled.close();
  }
}

/**
 * A 401 on the way to a server, or a 403 for want of scope, asks for a sign-in; right after one it is a failure, or it
 * would go round for ever.
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
  return { sessionId, state, authUrl: state === "AUTHENTICATING" ? sessions.authUrl(sessionId) : null, error };
}

/** What a host's code gives is looked at like what a browser sends. */
function checked<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (!parsed.success) throw invalidInput(parsed.error);
  return parsed.data;
}
