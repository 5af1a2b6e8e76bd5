import { baseUrl, cookieSecret } from "./environment";
import { guestCookie, guestCookieName, guestInCookies, newGuestUserId, signGuest } from "./guest-cookie";

/** The signed-in user of a request: the guest whose cookie it carries, or null. */
export function guestUserId(request: Request): string | null {
  return guestInCookies(request.headers.get("cookie"), guestCookieName(baseUrl()), cookieSecret());
}

/** The cookie for a first-time visitor. */
export function newGuestCookie() {
  return guestCookie(signGuest(newGuestUserId(), cookieSecret()), baseUrl());
}
