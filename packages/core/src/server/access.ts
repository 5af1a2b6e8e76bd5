import type { AuthProvider } from "@modelcontextprotocol/client";
import type { ClientRegistrations } from "../authorization/client/choice.js";
import { type AppSignInDeps, signInAsApp } from "../authorization/tokens/client-credentials.js";
import { type RefreshDeps, refreshCredentials } from "../authorization/tokens/refresh.js";
import { SessionAuthProvider } from "../authorization/tokens/session-auth-provider.js";
import { type Credentials, isAppSignIn, isSignedIn } from "../credentials/credentials.js";
import { includesAuthorization } from "../credentials/custom-headers.js";
import { SessionUnreadableError } from "../errors.js";
import type { AddressPolicy } from "../outbound/address-policy.js";
import type { Fetch } from "../outbound/guarded-fetch.js";
import type { Challenge } from "../session/session-record.js";
import type { StoredSession } from "../session/session-store.js";
import { ownAuthorization, withHeaders } from "./own-key.js";
import type { AdmittedBy } from "./server-error.js";

export interface AccessDeps extends RefreshDeps, AppSignInDeps {
  registrations: ClientRegistrations;
  policy: AddressPolicy;
}

/** What lets the requests of a session in at its server. */
export interface Access {
  /** The tokens of the sign-in, renewed as needed. */
  auth: SessionAuthProvider;
  /** What a transport asks for a token and tells of a refusal. */
  authProvider: AuthProvider;
  admittedBy: AdmittedBy;
  /** The guarded fetch with the session's custom headers. It remembers which token each response was for. */
  fetch: Fetch;
}

/**
 * Opens the credentials of a session for requests to its server. `isLast`: for a request that ends something, after which
 * the sign-in may be gone.
 *
 * Throws a `ServerUrlForbiddenError` if secrets would not be sent over https, or a `SessionUnreadableError`.
 */
export async function openAccess(
  deps: AccessDeps,
  { record, credentials }: Pick<StoredSession, "record" | "credentials">,
  isLast = false,
): Promise<Access> {
  const isOurOwn = deps.registrations.isOurOwn(record.serverUrl);
  const opened = await openCredentials(deps, { record, credentials }, isOurOwn);
  const headers = opened?.headers ?? {};
  if (opened || isOurOwn) deps.policy.checkSecrets(new URL(record.serverUrl));
  const hasKey = includesAuthorization(Object.keys(headers));
  const auth = new SessionAuthProvider({
    // The app's own token is only for servers that its operator currently lists.
    credentials: isSignedIn(opened) && (isOurOwn || !isAppSignIn(opened.signIn)) ? opened : undefined,
    refresh: (held) => refreshCredentials(deps, record, held),
    ...(isOurOwn ? { signIn: (challenge: Challenge) => signInAsApp(deps, record, challenge) } : {}),
    now: deps.now,
  });
  return {
    auth,
    authProvider: hasKey ? ownAuthorization : isLast ? asItWas(auth) : auth,
    admittedBy: hasKey ? "key" : isOurOwn ? "app" : "sign-in",
    fetch: withHeaders(auth.remember(deps.fetch), headers),
  };
}

/** Tokens of a sign-in that is gone cannot be renewed, but the server may still accept the one that there was. */
const asItWas = (auth: SessionAuthProvider): AuthProvider => ({
  token: () => auth.token().catch(() => auth.accessToken),
});

/** Decrypts the credentials. Unreadable ones are no loss if the app can simply sign in again with its own client. */
async function openCredentials(
  { credentials: store }: Pick<AccessDeps, "credentials">,
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
