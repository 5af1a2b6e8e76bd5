import { ScopeRequiredError } from "../errors.js";
import { shownHost } from "../outbound/shown-host.js";
import type { Challenge, SessionRecord } from "../session/session-record.js";
import { scopesToShow, uniteScopes } from "./scopes.js";

/**
 * How many sign-ins for more scope may follow one another without a successful call. After that, another will not help.
 */
const maxStepUps = 2;

/** The server refused something because the sign-in lacks the scope for it (RFC 6750 §3.1 `insufficient_scope`). */
export class ScopeChallengeError extends ScopeRequiredError {
  readonly challenge: Challenge;

  /** `granted` is the scope of the refused sign-in. The next sign-in must have it, too. */
  constructor(host: string, { scope, resourceMetadataUrl }: Challenge, granted: string | null, cause?: unknown) {
    const names = scopesToShow(scope, granted);
    super({
      message: `${host} needs more permissions${names.length > 0 ? `: ${names.join(", ")}` : ""}`,
      hint: "Sign in to allow this, then try again.",
      retryable: false,
      cause,
    });
    const wanted = uniteScopes(scope);
    this.challenge = { resourceMetadataUrl, scope: wanted ? (uniteScopes(granted, wanted) ?? null) : null };
  }
}

export interface StepUp {
  /** The error for the caller. */
  error: ScopeRequiredError;
  /** Whether a sign-in for more scope is worth offering. */
  offered: boolean;
  /** What to change in the record; undefined if it has that already. */
  change: Pick<SessionRecord, "challenge" | "stepUps"> | undefined;
}

/**
 * What a server's request for more scope means for its session. Pure. A request that no sign-in has answered yet is
 * extended by the scopes wanted now. A new request is counted, and after too many in a row no sign-in is offered: a
 * server that never has enough would send its user in circles.
 */
export function stepUp(
  { challenge: pending, stepUps, serverUrl }: Pick<SessionRecord, "challenge" | "stepUps" | "serverUrl">,
  error: ScopeRequiredError,
): StepUp {
  if (!(error instanceof ScopeChallengeError) || !error.challenge) return { error, offered: false, change: undefined };
  if (!pending && stepUps >= maxStepUps) {
    return { error: keepsAsking(shownHost(serverUrl), error), offered: false, change: undefined };
  }
  const { scope, resourceMetadataUrl } = error.challenge;
  const challenge = { resourceMetadataUrl, scope: uniteScopes(pending?.scope, scope) ?? null };
  const isKnown = pending?.scope === challenge.scope && pending.resourceMetadataUrl === resourceMetadataUrl;
  const change = isKnown ? undefined : { challenge, stepUps: pending ? stepUps : stepUps + 1 };
  return { error, offered: true, change };
}

const keepsAsking = (host: string, cause: unknown) =>
  new ScopeRequiredError({
    message: `${host} keeps asking for more permissions, even after you sign in`,
    hint: "Contact the server's provider. To start over, disconnect or remove the connection.",
    retryable: false,
    cause,
  });
