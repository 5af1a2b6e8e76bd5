import { createHash } from "node:crypto";
import { cookieName, cookiesOf, expiredCookie, setCookie } from "./cookie.js";
import { page } from "./page.js";

/** How long (s) to remember that a callback has reloaded itself. */
const maxAgeSeconds = 60;

/** Each callback has its own cookie, because two may come back at the same time. */
function nameOf(request: Request, baseUrl: string): string {
  const state = new URL(request.url).searchParams.get("state") ?? "";
  return cookieName(`mcp_reload_${createHash("sha256").update(state).digest("hex").slice(0, 16)}`, baseUrl);
}

const hasReloaded = (request: Request, baseUrl: string) =>
  cookiesOf(request).some(({ name }) => name === nameOf(request, baseUrl));

/**
 * A page that reloads a callback that came without a user: a SameSite=Strict session cookie is not sent on a navigation
 * from another site, but it is sent when our own page reloads. The refresh names no address, so code and state are
 * not written anywhere. Undefined if that was already tried, or if the browser reports that it comes from this site.
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

/** Expires the reload cookie when a callback has ended, so that the same callback may reload again. */
export function reloadForgotten(request: Request, baseUrl: string): string[] {
  return hasReloaded(request, baseUrl) ? [expiredCookie(nameOf(request, baseUrl), baseUrl)] : [];
}
