/** By which the proxy tells the page its nonce. */
export const nonceHeader = "x-nonce";

const yearInSeconds = 365 * 24 * 60 * 60;

/** What all answers carry, also those that the proxy does not see. */
export const everyAnswer: Readonly<Record<string, string>> = { "x-content-type-options": "nosniff" };

/** Says that the app is reached by https alone from now on: by nothing else can it be reached again for a year. */
export function transportSecurity(base: URL): Record<string, string> {
  return base.protocol === "https:" ? { "strict-transport-security": `max-age=${yearInSeconds}` } : {};
}

/**
 * What a page may load, run and be part of: our own files alone, and in its markup only scripts and styles that carry the
 * nonce of this answer. No `strict-dynamic`: every script is a file of ours, and with it browsers run whatever a
 * script puts into the page. Style attributes are the exception: Radix puts some into the markup, and no nonce goes with an attribute.
 *
 * In development, React rebuilds the server's stacks by `eval`, and what has changed comes by a WebSocket.
 */
export function contentSecurityPolicy(base: URL, nonce: string, isDevelopment: boolean): string {
  const directives = [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'${isDevelopment ? " 'unsafe-eval'" : ""}`,
    `style-src 'self' 'nonce-${nonce}'`,
    ...(isDevelopment ? ["style-src-elem 'self' 'unsafe-inline'"] : []),
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' blob: data:",
    "font-src 'self'",
    `connect-src 'self'${isDevelopment ? ` ws://${base.host}` : ""}`,
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    ...(base.protocol === "https:" ? ["upgrade-insecure-requests"] : []),
  ];
  return directives.join("; ");
}

/** What a page carries. The sign-in pages are our handler's, which says for itself what they carry. */
export function pageHeaders(base: URL, policy: string): Record<string, string> {
  return {
    ...everyAnswer,
    ...transportSecurity(base),
    "content-security-policy": policy,
    // A sign-in window is ours to close, and another site's window knows nothing of ours.
    "cross-origin-opener-policy": "same-origin-allow-popups",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "same-origin",
    // For browsers that do not know frame-ancestors.
    "x-frame-options": "DENY",
  };
}
