import { baseUrl, cookieSecret } from "./environment";
import { guestCookieName, guestInCookies } from "./guest-cookie";

/** The signed-in user of a request: the guest whose cookie it carries, else null. */
export function guestUserId(request: Request): string | null {
  return guestInCookies(request.headers.get("cookie"), guestCookieName(baseUrl()), cookieSecret());
}
