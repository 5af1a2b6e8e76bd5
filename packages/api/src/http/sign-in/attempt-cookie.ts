import { cookieName, cookiesOf, expiredCookie, setCookie } from "./cookie.js";

/**
 * The cookie that binds an attempt to the browser that started it. Each attempt has its own, so that simultaneous
 * sign-ins do not interfere.
 */
const prefix = "mcp_attempt_";

/** How long (s) the browser keeps the cookie: longer than any attempt, so that a late callback is reported as late. */
const maxAgeSeconds = 3_600;

/** How many cookies a browser keeps. If they grew with every click, the header would become too long for the server. */
const maxCookies = 16;

const nameOf = (attemptId: string, baseUrl: string) => cookieName(`${prefix}${attemptId.slice(0, 16)}`, baseUrl);

export function attemptCookie(attemptId: string, nonce: string, baseUrl: string): string {
  return setCookie({ name: nameOf(attemptId, baseUrl), value: nonce }, maxAgeSeconds, baseUrl);
}

export function expiredAttemptCookie(attemptId: string, baseUrl: string): string {
  return expiredCookie(nameOf(attemptId, baseUrl), baseUrl);
}

/** Removes the oldest cookies from a browser that is about to get one more. */
export function surplusAttemptCookies(request: Request, baseUrl: string): string[] {
  const names = cookiesOf(request).map(({ name }) => name);
  const own = names.filter((name) => name.startsWith(cookieName(prefix, baseUrl)));
  return own.slice(0, Math.max(0, own.length + 1 - maxCookies)).map((name) => expiredCookie(name, baseUrl));
}

export function readAttemptCookie(request: Request, attemptId: string, baseUrl: string): string | undefined {
  const own = nameOf(attemptId, baseUrl);
  return cookiesOf(request).find(({ name }) => name === own)?.value;
}
