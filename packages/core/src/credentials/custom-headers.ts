import { SessionUnreadableError } from "../errors.js";
import type { SessionRecord } from "../session/session-record.js";
import type { SessionChange } from "../session/sessions.js";
import type { CredentialStore } from "./credential-store.js";
import { credentialsHead, newVersion } from "./credentials.js";
import { Secret } from "./secret.js";

/**
 * What a session changes with its custom headers. Their names go into the record, for the user to see. Their values go
 * into the credentials, where a sign-in stays as it is. `stored` is the credentials' text.
 */
export function changeOfHeaders(
  store: Pick<CredentialStore, "encode" | "peek">,
  record: SessionRecord,
  { headers, stored }: { headers: Readonly<Record<string, string>>; stored?: string | undefined },
): Pick<SessionChange, "headers" | "signedIn" | "credentials" | "credentialsHead"> {
  const before = store.peek(record, stored);
  // A key may be missing in this process only: do not lose a sign-in that other processes can open just to set a
  // header.
  if (stored !== undefined && !before && record.signedIn) throw new SessionUnreadableError("sign-in", record.sessionId);
  const names = Object.keys(headers);
  // A refresh writes tokens without touching the record, so only the head of the credentials shows it.
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

/** Whether the user's headers authenticate them (RFC 9110 §11.6.2), so that no sign-in is needed. */
export const includesAuthorization = (names: readonly string[]): boolean =>
  names.some((name) => name.toLowerCase() === "authorization");
