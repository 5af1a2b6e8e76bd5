import type { RegisteredClient } from "../../credentials/credentials.js";
import { AuthorizationFailedError } from "../../errors.js";
import { shownHost } from "../../outbound/shown-host.js";
import type { SessionRecord } from "../../session/session-record.js";
import { isOwnRedirectUrl, type RedirectUrls } from "../redirect-urls.js";

interface App {
  redirectUrls: RedirectUrls;
  /** Whether the app has a handler, in this process or in another, which finishes sign-ins at redirect URLs of ours. */
  hasHandler: () => boolean;
}

/**
 * Checks that a sign-in without a browser comes back to who can finish it. An app that asked for a `callbackUrl` of its
 * own would wait there in vain if the issuer's own redirect URL took its place, unless the handler serves that.
 *
 * Throws an {@link AuthorizationFailedError} that names `authorization.clients`.
 */
export function checkFinisher(
  { redirectUrls: [callback, ...others], hasHandler }: App,
  { callbackUrl }: Pick<SessionRecord, "callbackUrl">,
  { issuer, redirectUrl, client }: { issuer: string; redirectUrl: string; client: RegisteredClient },
): void {
  const isReplaced = isOwnRedirectUrl(redirectUrl, issuer) && callbackUrl !== callback && others.includes(callbackUrl);
  // The operator of a client registered by hand has chosen the issuer's own redirect URL.
  if (!isReplaced || client.preregistered || hasHandler()) return;
  throw new AuthorizationFailedError({
    message: `A sign-in at ${shownHost(issuer)} cannot come back to this app's own callback`,
    hint: "Contact the people who run this app.",
    operatorHint:
      "It does not send iss. Add a client with the callbackUrl to authorization.clients, or mount createMcpHandler. If another process serves it, set basePath in createMcp.",
    retryable: false,
  });
}
