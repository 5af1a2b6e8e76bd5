import { Client } from "@modelcontextprotocol/client";
import { CfWorkerJsonSchemaValidator } from "@modelcontextprotocol/client/validators/cf-worker";
import type { ClientRegistrations } from "../authorization/client/choice.js";
import { type AppSignInDeps, signInAsApp } from "../authorization/tokens/client-credentials.js";
import { type RefreshDeps, refreshCredentials } from "../authorization/tokens/refresh.js";
import { SessionAuthProvider } from "../authorization/tokens/session-auth-provider.js";
import { type Credentials, isAppSignIn, isSignedIn } from "../credentials/credentials.js";
import { includesAuthorization } from "../credentials/custom-headers.js";
import { SessionUnreadableError } from "../errors.js";
import type { Limits } from "../limits.js";
import type { Log } from "../logger.js";
import type { AddressPolicy } from "../outbound/address-policy.js";
import type { Challenge } from "../session/session-record.js";
import type { StoredSession } from "../session/session-store.js";
import { Dialled } from "./dialled.js";
import { handshake } from "./handshake.js";
import { ownAuthorization, withHeaders } from "./own-key.js";
import { GuardedTransport } from "./transport.js";

export interface DialDeps extends RefreshDeps, AppSignInDeps {
  registrations: ClientRegistrations;
  policy: AddressPolicy;
  client: { name: string; version: string };
  limits: Limits;
  log: Log;
}

/**
 * Opens a connection to a session's server, in the modern era if the server supports it, otherwise in the legacy one.
 * Aborting `signal` gives up with its reason.
 *
 * Throws a `ServerUrlForbiddenError` if secrets would not be sent over https, a `SessionUnreadableError` if the stored
 * credentials cannot be read, an `AuthorizationRequiredError` on a 401 that no refresh can fix, a `ScopeRequiredError`
 * on a 403 `insufficient_scope`, `AUTHORIZATION_FAILED` for the app's own token, `CONNECT_TIMEOUT`,
 * `SERVER_UNREACHABLE`, `SERVER_ERROR`, `NOT_MCP`, or `LIMIT_EXCEEDED` for a server that sends too much.
 */
export async function dial(
  deps: DialDeps,
  { record, credentials }: Pick<StoredSession, "record" | "credentials">,
  signal?: AbortSignal,
): Promise<Dialled> {
  const url = new URL(record.serverUrl);
  const isOurOwn = deps.registrations.isOurOwn(record.serverUrl);
  const opened = await openCredentials(deps, { record, credentials }, isOurOwn);
  const headers = opened?.headers ?? {};
  if (opened || isOurOwn) deps.policy.checkSecrets(url);
  const hasKey = includesAuthorization(Object.keys(headers));
  const admittedBy = hasKey ? "key" : isOurOwn ? "app" : "sign-in";
  const auth = new SessionAuthProvider({
    // The app's own token is only for servers that its operator currently lists.
    credentials: isSignedIn(opened) && (isOurOwn || !isAppSignIn(opened.signIn)) ? opened : undefined,
    refresh: (held) => refreshCredentials(deps, record, held),
    ...(isOurOwn ? { signIn: (challenge: Challenge) => signInAsApp(deps, record, challenge) } : {}),
    now: deps.now,
  });
  const authProvider = hasKey ? ownAuthorization : auth;
  const fetch = withHeaders(auth.remember(deps.fetch), headers);
  const transport = new GuardedTransport(url, { authProvider, fetch, onInsufficientScope: "throw" });
  const client = new Client(deps.client, {
    versionNegotiation: { mode: "auto" },
    // We check results ourselves, so it never sees a schema. It replaces the default validator, which generates code.
    jsonSchemaValidator: new CfWorkerJsonSchemaValidator(),
  });
  const { sessionId } = record;
  const { limits, log } = deps;
  const dialled = new Dialled({
    ...{ client, transport, url, auth, admittedBy, limits },
    warn: (message, metadata) =>
      log("warn", message, { sessionId, metadata: { "server.address": url.host, ...metadata } }),
  });
  try {
    await dialled.connect((step) => handshake({ client, transport, url, fetch, authProvider }, step), signal);
    return dialled;
  } catch (error) {
    await dialled.close();
    throw error;
  }
}

/** Decrypts the credentials. Unreadable ones are no loss if the app can simply sign in again with its own client. */
async function openCredentials(
  { credentials: store }: Pick<DialDeps, "credentials">,
  { record, credentials }: Pick<StoredSession, "record" | "credentials">,
  isOurOwn: boolean,
): Promise<Credentials | undefined> {
  if (credentials === undefined) return undefined;
  try {
    return await store.open(record, credentials);
  } catch (error) {
    if (isOurOwn && record.headers === null && error instanceof SessionUnreadableError) return undefined;
    throw error;
  }
}
