import { revokeTokens } from "../authorization/tokens/revoke.js";
import type { CredentialStore } from "../credentials/credential-store.js";
import { credentialsHead } from "../credentials/credentials.js";
import type { Sessions } from "../session/sessions.js";
import { type EndDeps, type Ended, endTransportSession } from "./end-transport-session.js";

export interface SignOutDeps extends EndDeps {
  sessions: Sessions;
  credentials: CredentialStore;
}

/**
 * Ends a connection and erases its sign-in, here and, if it supports that, at the authorization server (best effort,
 * bounded). The record stays: connecting again asks for a sign-in. Throws `SESSION_NOT_FOUND`.
 */
export async function signOut(deps: SignOutDeps, userId: string, sessionId: string): Promise<void> {
  let erased: Ended | undefined;
  await deps.sessions.change(userId, sessionId, (record, _now, credentials, handshake) => {
    erased = { record, credentials, handshake };
    const opened = deps.credentials.peek(record, credentials);
    return {
      state: "DISCONNECTED",
      active: false,
      flow: null,
      challenge: null,
      era: null,
      headers: null,
      reason: "You signed out",
      signedIn: false,
      credentials: null,
      handshake: null,
      // A refresh writes tokens without touching the record. This check makes sure that the newest ones are revoked.
      ...(opened ? { credentialsHead: credentialsHead(opened) } : {}),
    };
  });
  if (erased) await endAndRevoke(deps, erased);
}

/** Signs out of a connection and erases its record, even an unreadable one. Throws `SESSION_NOT_FOUND`. */
export async function remove(deps: SignOutDeps, userId: string, sessionId: string): Promise<void> {
  const before = await deps.sessions.remove(userId, sessionId);
  if (before) await endAndRevoke(deps, before);
}

/** A sign-in that was sealed with a lost key can no longer be revoked. */
async function endAndRevoke(deps: SignOutDeps, before: Ended) {
  // While the server still accepts its tokens.
  await endTransportSession(deps, before);
  const { record, credentials } = before;
  if (credentials === undefined) return;
  const opened = await deps.credentials.open(record, credentials).catch(() => undefined);
  if (opened?.signIn) await revokeTokens(deps, opened.signIn);
}
