import { McpSessionError } from "@mcp-assistant/protocol";

/**
 * Where authorization servers may send a browser back to: the app's own callback first, then what the operator has put in
 * `callbackUrls`. They are compared as texts, as authorization servers do (RFC 9700 §4.1.3).
 */
export type RedirectUrls = readonly [string, ...string[]];

/** The redirect URL of a new connection. Throws `INVALID_INPUT` for one that the operator has not allowed. */
export function redirectUrlFor(allowed: RedirectUrls, asked: string | undefined): string {
  if (asked === undefined) return allowed[0];
  if (allowed.includes(asked)) return asked;
  throw new McpSessionError({
    code: "INVALID_INPUT",
    message: "callbackUrl: this app does not allow this address",
    hint: "Leave it out, or have the operator add exactly this address to the option callbackUrls of createMcp.",
    retryable: false,
  });
}

/** That of a connection that there is: the app's own once the operator allows the other no longer. */
export function redirectUrlOf(allowed: RedirectUrls, { callbackUrl }: { callbackUrl: string }): string {
  return allowed.includes(callbackUrl) ? callbackUrl : allowed[0];
}
