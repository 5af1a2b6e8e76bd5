import { randomUUID } from "node:crypto";
import type { CredentialStore } from "../../credentials/credential-store.js";
import { newVersion, type Tokens } from "../../credentials/credentials.js";
import { InvalidStateError } from "../../errors.js";
import type { Fetch } from "../../outbound/guarded-fetch.js";
import { newLease } from "../../session/lease.js";
import type { SessionRecord } from "../../session/session-record.js";
import type { StoredSession } from "../../session/session-store.js";
import type { Sessions } from "../../session/sessions.js";
import type { ClientRegistrations } from "../client/choice.js";
import { retryUntilStored } from "../patiently.js";
import { revokeTokens } from "../tokens/revoke.js";
import type { Attempt } from "./attempt.js";

interface KeepDeps {
  sessions: Sessions;
  credentials: Pick<CredentialStore, "encode" | "peek">;
  registrations: Pick<ClientRegistrations, "authenticationOf">;
  fetch: Fetch;
}

/** The session with what let it in before this sign-in. */
export type Replaced = Pick<StoredSession, "record" | "credentials" | "handshake">;

interface Kept {
  signedIn: SessionRecord;
  /** Absent if an earlier try succeeded. */
  replaced: Replaced | undefined;
}

/**
 * How long (ms) to keep trying to store new tokens while the store is unavailable. The user is waiting for the page.
 */
const writePatienceMs = 8_000;

/** Stores new tokens, or else revokes them: tokens that are not used must not stay valid. */
export async function keepOrRevoke(deps: KeepDeps, attempt: Attempt, tokens: Tokens): Promise<Kept> {
  try {
    const owner = randomUUID();
    return await retryUntilStored(writePatienceMs, () => keepCredentials(deps, attempt, { tokens, owner }));
  } catch (error) {
    const { client, authorizationServer } = attempt;
    await revokeTokens(deps, { tokens, client, authorizationServer });
    throw error;
  }
}

/** Writes the credentials and moves to AUTHENTICATED in one step, and only while this sign-in is the current one. */
async function keepCredentials(
  deps: KeepDeps,
  attempt: Attempt,
  { tokens, owner }: { tokens: Tokens; owner: string },
): Promise<Kept> {
  const { flow, client, authorizationServer } = attempt;
  let replaced: Replaced | undefined;
  const credentials = { tv: newVersion(), cv: newVersion(), flow, signIn: { tokens, client, authorizationServer } };
  const signedIn = await deps.sessions.change(attempt.userId, attempt.sessionId, (record, now, stored, handshake) => {
    replaced = undefined;
    // An earlier try succeeded, but its answer was lost.
    if (record.work?.owner === owner) return undefined;
    if (record.flow !== flow) throw new InvalidStateError("overtaken");
    replaced = { record, credentials: stored, handshake };
    const before = deps.credentials.peek(record, stored);
    return {
      state: "AUTHENTICATED",
      active: true,
      signedIn: true,
      flow: null,
      challenge: null,
      work: newLease(now, owner),
      // Custom headers change only together with the record, so these are current.
      headers: before ? record.headers : null,
      credentials: deps.credentials.encode(record, { ...credentials, headers: before?.headers ?? {} }),
      handshake: null,
    };
  });
  return { signedIn, replaced };
}
