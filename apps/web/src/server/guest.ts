import { baseUrl, cookieSecret } from "./environment";
import { type Guest, guestCookie, guestCookieName, guestInCookies, newGuestUserId, signGuest } from "./guest-cookie";

/** The guest whose cookie a request carries, or null. */
export function guestOf(request: Request): Guest | null {
  return guestInCookies(request.headers.get("cookie"), guestCookieName(baseUrl()), cookieSecret());
}

/** The signed-in user of a request: its guest, or null. */
export const guestUserId = (request: Request): string | null => guestOf(request)?.userId ?? null;

/** The cookie for a first-time visitor. */
export const newGuestCookie = () => cookieOf({ userId: newGuestUserId(), isNew: true });

/** The cookie for a guest who has counted. */
export const usedGuestCookie = ({ userId }: Guest) => cookieOf({ userId, isNew: false });

const cookieOf = (guest: Guest) => guestCookie(signGuest(guest, cookieSecret()), baseUrl());
