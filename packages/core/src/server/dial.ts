import { Client, type JSONRPCNotification } from "@modelcontextprotocol/client";
import { CfWorkerJsonSchemaValidator } from "@modelcontextprotocol/client/validators/cf-worker";
import { budgetUser } from "../budgets/budget-user.js";
import { admissionBy, admissionOf } from "../credentials/admission.js";
import type { Limits } from "../limits.js";
import type { Log } from "../logger.js";
import type { SessionRecord } from "../session/session-record.js";
import type { StoredSession } from "../session/session-store.js";
import { type AccessDeps, openAccess } from "./access.js";
import { capabilities } from "./declared.js";
import { Dialled } from "./dialled.js";
import { handshake } from "./handshake.js";
import type { Handshake } from "./kept-handshake.js";
import type { Method } from "./method.js";
import { GuardedTransport, type Replay } from "./transport.js";
import { within } from "./within.js";

export interface DialDeps extends AccessDeps {
  client: { name: string; version: string };
  limits: Limits;
  log: Log;
  /** Gets what servers say on their own. It must not wait for anything. */
  heard?: Heard | undefined;
}

/** The session whose server says something, and what let the session in: see {@link admissionOf}. */
export interface HeardFrom extends Pick<SessionRecord, "userId" | "sessionId"> {
  admission: string;
  /** The method of the request whose answer brought it. Undefined on a standing stream. */
  asked?: Method | undefined;
}

export type Heard = (from: HeardFrom, notification: JSONRPCNotification) => void;

type Whose = Pick<StoredSession, "record" | "credentials">;

/**
 * Opens a connection to a session's server, in the modern era if the server supports it, otherwise in the legacy one.
 * Aborting `signal` gives up with its reason.
 *
 * Throws a `ServerUrlForbiddenError` if secrets would not be sent over https, a `SessionUnreadableError` if the stored
 * credentials cannot be read, an `AuthorizationRequiredError` on a 401 that no refresh can fix, a `ScopeRequiredError`
 * on a 403 `insufficient_scope`, `AUTHORIZATION_FAILED` for the app's own token, `CONNECT_TIMEOUT`,
 * `SERVER_UNREACHABLE`, `SERVER_ERROR`, `NOT_MCP`, or `LIMIT_EXCEEDED` for a server that sends too much.
 */
export async function dial(deps: DialDeps, session: Whose, signal?: AbortSignal): Promise<Dialled> {
  const { dialled, ...parts } = await prepare(deps, session);
  try {
    await dialled.connect((step) => handshake(parts, step), signal);
    return dialled;
  } catch (error) {
    await dialled.end();
    throw error;
  }
}

/**
 * Opens a connection with a handshake that was made before, perhaps by another process. Sends nothing. Undefined if this
 * process cannot use it: its SDK may be of another version, and not know the protocol version that was agreed on.
 * `isLast`: only to end it, after which the sign-in may be gone.
 *
 * Throws a `ServerUrlForbiddenError` if secrets would not be sent over https, or a `SessionUnreadableError`.
 */
export async function resume(
  deps: DialDeps,
  session: Whose,
  made: Handshake,
  { isLast = false } = {},
): Promise<Dialled | undefined> {
  const isModern = made.era === "modern";
  const replay = isModern ? undefined : replayOf(made);
  const { dialled, client, transport } = await prepare(deps, session, { replay, isLast });
  try {
    await client.connect(transport, {
      prior: isModern ? { kind: "modern", discover: made.discover } : { kind: "legacy" },
    });
  } catch {
    await dialled.close();
    return undefined;
  }
  dialled.isResumed = true;
  return dialled;
}

const replayOf = ({ initialize, transportSession }: Extract<Handshake, { era: "legacy" }>): Replay => ({
  initialize,
  transportSession: transportSession?.reveal(),
});

async function prepare(
  deps: DialDeps,
  { record, credentials }: Whose,
  { replay, isLast }: { replay?: Replay | undefined; isLast?: boolean } = {},
) {
  const url = new URL(record.serverUrl);
  const { auth, authProvider, admittedBy, ...access } = await openAccess(deps, { record, credentials }, isLast);
  const fetch = within(url, access.fetch, { hasHeaders: record.headers !== null });
  const transport = new GuardedTransport(url, { authProvider, fetch, replay, onInsufficientScope: "throw" });
  const client = new Client(deps.client, {
    capabilities,
    versionNegotiation: { mode: "auto" },
    // We check results ourselves, so it never sees a schema. It replaces the default validator, which generates code.
    jsonSchemaValidator: new CfWorkerJsonSchemaValidator(),
  });
  const { userId, sessionId } = record;
  const { limits, log, storeId } = deps;
  const dialled = new Dialled({
    ...{ client, transport, url, auth, admittedBy, limits },
    // The app's own sign-in may have been made just now.
    admission: () => (auth.flow === undefined ? admissionOf({ record, credentials }) : admissionBy(auth.flow, record)),
    user: budgetUser(storeId, userId),
    warn: (message, metadata) =>
      log("warn", message, { sessionId, metadata: { "server.address": url.host, ...metadata } }),
  });
  transport.onNotification = (said, asked) =>
    deps.heard?.({ userId, sessionId, admission: dialled.admission, asked }, said);
  return { dialled, client, transport, url, fetch, authProvider };
}
