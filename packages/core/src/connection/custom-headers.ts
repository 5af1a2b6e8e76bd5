import type { AuthProvider } from "@modelcontextprotocol/client";
import type { CredentialStore } from "../credentials/credential-store.js";
import { type Credentials, credentialsHead, newVersion } from "../credentials/credentials.js";
import { Secret } from "../credentials/secret.js";
import { HeadersRefusedError, SessionUnreadableError } from "../errors.js";
import type { Fetch } from "../outbound/guarded-fetch.js";
import type { SessionRecord } from "../session/session-record.js";
import type { SessionChange } from "../session/sessions.js";

/**
 * What a session changes with its custom headers: the names, for its user to see, in the record; the values in the
 * credentials, where a sign-in stays as it is. `stored` is the credentials' text.
 */
export function changeOfHeaders(
  store: Pick<CredentialStore, "encode" | "peek">,
  record: SessionRecord,
  { headers, stored }: { headers: Readonly<Record<string, string>>; stored?: string | undefined },
): Pick<SessionChange, "headers" | "signedIn" | "credentials" | "credentialsHead"> {
  const before = store.peek(record, stored);
  // A key of ours may be missing in this process alone: a sign-in that others can open is not thrown away for a header.
  if (stored !== undefined && !before && record.signedIn) throw new SessionUnreadableError("sign-in", record.sessionId);
  const names = Object.keys(headers);
  // A refresh writes tokens without touching the record: only the head tells.
  const over = before ? { credentialsHead: credentialsHead(before) } : {};
  const signedIn = before?.signIn ? record.signedIn : false;
  if (names.length === 0 && !before?.signIn) return { headers: null, signedIn, credentials: null, ...over };
  const { tv, flow, signIn } = before ?? { tv: newVersion(), flow: newVersion(), signIn: null };
  const secrets = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, new Secret(value)]));
  return {
    headers: names.length === 0 ? null : { version: newVersion(), names },
    signedIn,
    credentials: store.encode(record, { tv, cv: newVersion(), flow, signIn, headers: secrets }),
    ...over,
  };
}

/** `fetch` for the server alone that the headers are meant for. */
export function withHeaders(fetch: Fetch, custom: Credentials["headers"]): Fetch {
  const named = Object.entries(custom);
  if (named.length === 0) return fetch;
  return (url, init) => {
    const headers = new Headers(init?.headers);
    for (const [name, value] of named) headers.set(name, value.reveal());
    return fetch(url, { ...init, headers });
  };
}

/** Whether the user's headers say who he is (RFC 9110 §11.6.2): then nobody is asked to sign in. */
export const nameAuthorization = (names: readonly string[]): boolean =>
  names.some((name) => name.toLowerCase() === "authorization");

/** For a connection whose user has given the Authorization header himself. */
export const ownAuthorization: AuthProvider = {
  token: async () => undefined,
  onUnauthorized: async ({ serverUrl }) => {
    throw new HeadersRefusedError({
      message: `${serverUrl.host} does not accept the key of this connection`,
      hint: "Give it another one.",
      retryable: false,
    });
  },
};
