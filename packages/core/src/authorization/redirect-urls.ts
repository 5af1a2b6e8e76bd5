import { createHash } from "node:crypto";
import { McpSessionError } from "@mcp-assistant/protocol";

/**
 * The redirect URLs that issuers may share: first the app's own callback, then the operator's `callbackUrls`. They are
 * compared as strings, as authorization servers do (RFC 9700 §4.1.3).
 */
export type RedirectUrls = readonly [string, ...string[]];

/** Names an issuer in our addresses: base64url of the SHA-256 of its text, as it was recorded. */
export const issuerIdOf = (issuer: string): string => createHash("sha256").update(issuer).digest("base64url");

/**
 * The redirect URL of one issuer alone. It stands beside the shared callback and never below it, because some providers
 * accept every path below a registered one.
 */
export const redirectUrlOfIssuer = ([callback]: RedirectUrls, issuerId: string): string =>
  `${callback.slice(0, -"callback".length)}issuer/${issuerId}`;

/** Every redirect URL that a client of this issuer may be registered for. */
export const redirectUrlsOf = (urls: RedirectUrls, issuer: string): string[] => [
  redirectUrlOfIssuer(urls, issuerIdOf(issuer)),
  ...urls,
];

/** An issuer that a user is about to be sent to. */
export interface RedirectingIssuer {
  issuer: string;
  /** Whether its metadata promises to name it in every callback (RFC 9207). Then the callback is refused without. */
  namesItself: boolean;
  /** The operator's entry for it, if there is one. */
  entry: { callback: "issuer" | "shared" } | undefined;
  /** Whether it reads client documents, and the app has one. That document lists the shared URLs alone. */
  readsDocument: boolean;
}

/**
 * The one redirect URL of a new sign-in. Issuers share one only where a code cannot be taken for another's: at an issuer
 * that the operator has named, and at one that promises to name itself. Everyone else gets a URL of their own
 * (RFC 9700 §4.4.2). `asked`: the connection's `callbackUrl`.
 */
export function redirectUrlAt(urls: RedirectUrls, at: RedirectingIssuer, asked: string): string {
  const own = redirectUrlOfIssuer(urls, issuerIdOf(at.issuer));
  const shared = urls.includes(asked) ? asked : urls[0];
  if (at.entry) return at.entry.callback === "issuer" ? own : shared;
  if (!at.namesItself) return own;
  return at.readsDocument || shared !== urls[0] ? shared : own;
}

/** Whether a redirect URL is that of this issuer alone. It stays so when the app moves to another address. */
export const isOwnRedirectUrl = (redirectUrl: string, issuer: string): boolean =>
  redirectUrl.endsWith(`/auth/issuer/${issuerIdOf(issuer)}`);

/** The address of a URL as text: its origin and path, without the query. */
export const addressOf = (url: string): string => url.replace(/[?#].*$/s, "");

/** The `callbackUrl` of a new connection. Throws `INVALID_INPUT` if the operator has not allowed it. */
export function callbackUrlFor(allowed: RedirectUrls, asked: string | undefined): string {
  if (asked === undefined) return allowed[0];
  if (allowed.includes(asked)) return asked;
  throw new McpSessionError({
    code: "INVALID_INPUT",
    message: "callbackUrl: This app does not allow this address",
    hint: "Leave it out, or use an address that this app allows.",
    operatorHint: "To allow it, add exactly this address to the option callbackUrls.",
    retryable: false,
  });
}
