import { McpSessionError } from "@mcp-assistant/protocol";
import { InvalidStateError } from "../../errors.js";
import { addressOf, isOwnRedirectUrl } from "../redirect-urls.js";
import type { Attempt } from "./attempt.js";
import { promisesIssuer } from "./open-attempts.js";
import type { Callback } from "./sign-in.js";

/** Whether a sign-in comes back to a redirect URL of its issuer alone. */
export const hasOwnAddress = ({ redirectUrl, issuer }: Attempt): boolean => isOwnRedirectUrl(redirectUrl, issuer);

/**
 * Compares the address that a callback came to with that of its attempt. A code that came to another issuer's address
 * is that issuer's (mix-up, RFC 9700 §4.4.2). Without an address, only issuers that share one, or that name themselves
 * in every callback, can be told apart.
 *
 * Throws an {@link InvalidStateError}, or `INVALID_INPUT` if the address is needed and missing.
 */
export function checkAddress(attempt: Attempt, cameTo: Callback["cameTo"]): void {
  // A host without a type checker may leave it out.
  if (cameTo) {
    if (!cameTo.includes(addressOf(attempt.redirectUrl))) throw new InvalidStateError("issuer");
  } else if (hasOwnAddress(attempt) && !promisesIssuer(attempt)) {
    throw addressMissing();
  }
}

/**
 * Whether no browser is bound to an attempt, and its callback came to the issuer's own redirect URL. There the handler
 * stands in for the app: it has authenticated the user, as the app would.
 */
export const isForHandler = (attempt: Attempt, cameTo: Callback["cameTo"]): boolean =>
  attempt.nonceHash === null && hasOwnAddress(attempt) && Boolean(cameTo?.includes(addressOf(attempt.redirectUrl)));

const addressMissing = () =>
  new McpSessionError({
    code: "INVALID_INPUT",
    message: "The query of this callback does not say which server it came from",
    hint: "Sign in again from the app.",
    operatorHint: "Pass finishAuth the whole callback: its path and query, or its address as the browser sees it.",
    retryable: false,
  });
