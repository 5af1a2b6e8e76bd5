import { type AuthorizationServerMetadata, metadataSchema } from "../../credentials/authorization-server.js";
import { AuthorizationFailedError } from "../../errors.js";
import { isLoopbackHost } from "../../outbound/address-policy.js";

/**
 * What we keep of an authorization server's document, whose issuer has been checked: it offers PKCE with S256, and its
 * endpoints are reached by https, or are on this machine. An endpoint may be at another host than the issuer, as with
 * large providers.
 *
 * Throws an {@link AuthorizationFailedError}, or a `ZodError` for what is no such document.
 */
export function checkMetadata(document: unknown): AuthorizationServerMetadata {
  const used = metadataSchema.parse(document);
  const { host } = new URL(used.issuer);
  // RFC 7636, and MCP: a server that does not say S256 must be refused, also one that says nothing.
  if (!used.code_challenge_methods_supported?.includes("S256")) {
    throw new AuthorizationFailedError({
      message: `${host} does not offer PKCE (S256), without which a sign-in is not safe`,
      hint: "Its operator has to offer it, and to name it in code_challenge_methods_supported.",
      retryable: false,
    });
  }
  for (const endpoint of ["token_endpoint", "registration_endpoint", "revocation_endpoint"] as const) {
    const url = used[endpoint];
    if (url !== undefined) checkReachedSafely(new URL(url), host);
  }
  return used;
}

/** The longest name of a host (RFC 1035 §2.3.4), with a port. Errors name hosts: nobody may fill a page with one. */
const maxHostLength = 253 + ":65535".length;

/**
 * What secrets are sent to is reached by https (RFC 6749 §3.2, RFC 7591 §3, RFC 8414 §2). `namedBy` is the host that
 * names the address. Throws an {@link AuthorizationFailedError}.
 */
export function checkReachedSafely(url: URL, namedBy: string): void {
  const isSafe = url.protocol === "https:" || (url.protocol === "http:" && isLoopbackHost(url.hostname));
  if (isSafe && !url.username && !url.password && url.host.length <= maxHostLength) return;
  throw new AuthorizationFailedError({
    message: `${namedBy} names an address for the sign-in that cannot be used, or is not reached by https`,
    hint: "Its operator has to offer https, at an address without a user name.",
    retryable: false,
  });
}
