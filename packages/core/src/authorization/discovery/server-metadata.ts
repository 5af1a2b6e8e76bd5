import { parseUrl } from "@mcp-assistant/protocol";
import { type AuthorizationServerMetadata, metadataSchema } from "../../credentials/authorization-server.js";
import { AuthorizationFailedError } from "../../errors.js";
import { isLoopbackHost } from "../../outbound/address-policy.js";
import { shownHost } from "../../outbound/shown-host.js";

const endpoints = ["authorization_endpoint", "token_endpoint", "registration_endpoint", "revocation_endpoint"] as const;

/** The longest issuer, token or revocation address (UTF-16 code units): they are kept with the credentials. */
const maxAddressLength = 2_048;

/**
 * Checks the document of an authorization server whose issuer has been checked, and returns what we keep of it. The
 * server must offer PKCE with S256, and its endpoints must use https or be on this machine. An endpoint may be on
 * a different host than the issuer, as with large providers.
 *
 * Throws an {@link AuthorizationFailedError}, or a `ZodError` for a malformed document.
 */
export function checkMetadata(document: unknown): AuthorizationServerMetadata {
  const used = metadataSchema.parse(document);
  const host = shownHost(used.issuer);
  // RFC 7636 and MCP: refuse a server that does not list S256, even one that lists nothing.
  if (!used.code_challenge_methods_supported?.includes("S256")) {
    throw new AuthorizationFailedError({
      message: `${host} does not offer a secure sign-in (PKCE with S256)`,
      hint: "Contact the server's provider.",
      operatorHint: "The authorization server must support PKCE and list S256 in code_challenge_methods_supported.",
      retryable: false,
    });
  }
  const { issuer, token_endpoint, revocation_endpoint } = used;
  if ([issuer, token_endpoint, revocation_endpoint].some((url) => (url?.length ?? 0) > maxAddressLength)) {
    throw new AuthorizationFailedError({
      message: `${host} uses an address for its sign-in that is longer than ${maxAddressLength} characters`,
      hint: "Contact the server's provider.",
      retryable: false,
    });
  }
  for (const endpoint of endpoints.slice(1)) {
    const url = used[endpoint];
    if (url !== undefined) checkReachedSafely(new URL(url), host);
  }
  return used;
}

/**
 * Checks that no endpoint is at the app's own origin. A browser that is sent to a page there, such as one that deletes
 * something, goes as the signed-in user, from a link of the app itself. `host` names the server in the error.
 *
 * Throws an {@link AuthorizationFailedError}.
 */
export function checkElsewhere(
  metadata: Partial<Pick<AuthorizationServerMetadata, (typeof endpoints)[number]>>,
  { appOrigin, host }: { appOrigin: string; host: string },
): void {
  if (endpoints.every((endpoint) => parseUrl(metadata[endpoint] ?? "")?.origin !== appOrigin)) return;
  throw new AuthorizationFailedError({
    message: `${host} uses an address of this app for its sign-in`,
    hint: "Contact the people who run this app, if you trust that server.",
    operatorHint: "If the authorization server is at the app's own origin, add its issuer to authorization.clients.",
    retryable: false,
  });
}

/** The longest host name (RFC 1035 §2.3.4), with a port. Errors name hosts, so a longer one could fill a page. */
const maxHostLength = 253 + ":65535".length;

/**
 * Checks a URL that secrets are sent to: it must use https (RFC 6749 §3.2, RFC 7591 §3, RFC 8414 §2). `namedBy` is the
 * host that named the URL. Throws an {@link AuthorizationFailedError}.
 */
export function checkReachedSafely(url: URL, namedBy: string): void {
  const isSafe = url.protocol === "https:" || (url.protocol === "http:" && isLoopbackHost(url.hostname));
  if (isSafe && !url.username && !url.password && url.host.length <= maxHostLength) return;
  throw new AuthorizationFailedError({
    message: `${namedBy} uses an address for its sign-in that is not secure`,
    hint: "Contact the server's provider.",
    operatorHint: "The addresses of the sign-in must use https and must not contain a user name.",
    retryable: false,
  });
}
