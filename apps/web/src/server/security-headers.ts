/** The request header in which the proxy passes the nonce to the page. */
export const nonceHeader = "x-nonce";

const yearInSeconds = 365 * 24 * 60 * 60;

/** Headers of all responses, including those that the proxy does not see. */
export const everyAnswer: Readonly<Record<string, string>> = { "x-content-type-options": "nosniff" };

/** Tells browsers to use only https for this app, for a year. Empty when the app is not served over https. */
export function transportSecurity(base: URL): Record<string, string> {
  return base.protocol === "https:" ? { "strict-transport-security": `max-age=${yearInSeconds}` } : {};
}

/**
 * What a page may load, run and be embedded in: only our own files, and in its markup only scripts and styles with this
 * response's nonce. There is no `strict-dynamic`: every script is our own file, and with it browsers would run anything
 * that a script puts into the page. Style attributes are the exception: Radix puts some into the markup, and an
 * attribute cannot carry a nonce.
 *
 * In development, React rebuilds server stack traces with `eval`, and updates arrive over a WebSocket.
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

/** The headers of a page. The handler sets its own headers on the sign-in pages. */
export function pageHeaders(base: URL, policy: string): Record<string, string> {
  return {
    ...everyAnswer,
    ...transportSecurity(base),
    "content-security-policy": policy,
    // Our page can close its sign-in window, while another site's window cannot reach ours.
    "cross-origin-opener-policy": "same-origin-allow-popups",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "same-origin",
    // For browsers that do not know frame-ancestors.
    "x-frame-options": "DENY",
  };
}
