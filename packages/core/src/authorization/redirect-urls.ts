import { McpSessionError } from "@mcp-assistant/protocol";

/**
 * Where authorization servers may send a browser back to: first the app's own callback, then the operator's
 * `callbackUrls`. They are compared as strings, as authorization servers do (RFC 9700 §4.1.3).
 */
export type RedirectUrls = readonly [string, ...string[]];

/** The redirect URL of a new connection. Throws `INVALID_INPUT` if the operator has not allowed it. */
export function redirectUrlFor(allowed: RedirectUrls, asked: string | undefined): string {
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

/** The redirect URL of an existing connection, or the app's own if the operator no longer allows the other. */
export function redirectUrlOf(allowed: RedirectUrls, { callbackUrl }: { callbackUrl: string }): string {
  return allowed.includes(callbackUrl) ? callbackUrl : allowed[0];
}
