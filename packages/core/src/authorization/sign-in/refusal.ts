import type { McpSessionError } from "@mcp-assistant/protocol";
import { AccessDeniedError, AuthorizationFailedError } from "../../errors.js";
import { shownHost } from "../../outbound/shown-host.js";
import type { Rates } from "../../rates/rates.js";
import type { ClientRegistrations } from "../client/choice.js";
import { registrantOf } from "../client/registrant.js";
import type { Attempt } from "./attempt.js";

/**
 * Draws the conclusion from what an authorization server says about our client. The user could have written it, so it
 * costs no one else anything.
 */
export async function learnFrom(
  error: string,
  deps: { registrations: Pick<ClientRegistrations, "suspect" | "widen">; rates: Pick<Rates, "take" | "giveBack"> },
  { userId, issuer, client, scope, redirectUrl, authorizationServer }: Attempt,
): Promise<void> {
  if (error === "unauthorized_client") await deps.registrations.suspect(issuer, client, { userId });
  if (error !== "invalid_scope") return;
  const { url, metadata } = authorizationServer;
  await deps.registrations.widen(
    { issuer, authorizationServerUrl: url, authorizationServerMetadata: metadata ?? undefined },
    { client, redirectUrl, scope: scope ?? undefined },
    registrantOf(deps.rates, userId),
  );
}

/** Why the authorization server sent the user back without a code (RFC 6749 §4.1.2.1), in our own words. */
export function refusalOf(error: string, { issuer }: Attempt): McpSessionError {
  const host = shownHost(issuer);
  if (error === "access_denied") {
    return new AccessDeniedError({
      message: `You declined access at ${host}`,
      hint: "Connect again if you change your mind.",
      retryable: false,
    });
  }
  return new AuthorizationFailedError({
    message: `${host} refused the sign-in`,
    hint: "Sign in again. If it keeps failing, contact the server's provider.",
    retryable: false,
  });
}
