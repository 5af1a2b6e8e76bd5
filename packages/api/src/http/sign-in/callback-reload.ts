import { createHash } from "node:crypto";
import { cookieName, cookiesOf, expiredCookie, setCookie } from "./cookie.js";
import { page } from "./page.js";

/** How long (s) it is remembered that a callback has reloaded itself. */
const maxAgeSeconds = 60;

/** One for each callback: two of them may come back at the same time. */
function nameOf(request: Request, baseUrl: string): string {
  const state = new URL(request.url).searchParams.get("state") ?? "";
  return cookieName(`mcp_reload_${createHash("sha256").update(state).digest("hex").slice(0, 16)}`, baseUrl);
}

const hasReloaded = (request: Request, baseUrl: string) =>
  cookiesOf(request).some(({ name }) => name === nameOf(request, baseUrl));

/**
 * A page that asks for the callback once more, for one that came without a user: a session cookie with SameSite=Strict
 * does not come along from another site, and does when our own page asks. The refresh names no address, so code and
 * state are written nowhere. Undefined when that was tried, or when the browser says that it comes from this site.
 */
export function reloadCallback(request: Request, baseUrl: string): Response | undefined {
  const comesFrom = request.headers.get("sec-fetch-site") ?? "cross-site";
  if (comesFrom !== "cross-site" || hasReloaded(request, baseUrl)) return undefined;
  return page({
    title: "Finishing the sign-in…",
    text: "This takes a moment.",
    reloadAfter: 0,
    cookies: [setCookie({ name: nameOf(request, baseUrl), value: "1" }, maxAgeSeconds, baseUrl)],
  });
}

/** What a callback leaves behind when it has come to its end: the next one may have to reload itself, too. */
export function reloadForgotten(request: Request, baseUrl: string): string[] {
  return hasReloaded(request, baseUrl) ? [expiredCookie(nameOf(request, baseUrl), baseUrl)] : [];
}
