import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

// This prefix is part of the signed text, so that no other signature made with the same secret passes for a guest's.
const purpose = "mcp_guest:";
const identity = /^guest_[A-Za-z0-9_-]{22,64}$/;

export function newGuestUserId(): string {
  return `guest_${randomBytes(18).toString("base64url")}`;
}

function macOf(userId: string, secret: string): string {
  return createHmac("sha256", secret)
    .update(purpose + userId)
    .digest("base64url");
}

export function signGuest(userId: string, secret: string): string {
  return `${userId}.${macOf(userId, secret)}`;
}

/** The user id in a cookie value that we signed; otherwise null. */
export function verifyGuest(value: string, secret: string): string | null {
  const [userId = "", mac = "", ...rest] = value.split(".");
  if (rest.length > 0 || !identity.test(userId)) return null;
  const expected = Buffer.from(macOf(userId, secret));
  const given = Buffer.from(mac);
  return given.length === expected.length && timingSafeEqual(given, expected) ? userId : null;
}

/** With https, `__Host-` keeps other subdomains from planting their own cookie. */
export function guestCookieName(baseUrl: URL): string {
  return baseUrl.protocol === "https:" ? "__Host-mcp_guest" : "mcp_guest";
}

const yearInSeconds = 365 * 24 * 60 * 60;

/** Scripts cannot read it, and other sites' requests do not carry it. Lax: a sign-in returns from another site. */
export function guestCookie(value: string, baseUrl: URL) {
  return {
    name: guestCookieName(baseUrl),
    value,
    httpOnly: true,
    sameSite: "lax",
    secure: baseUrl.protocol === "https:",
    path: "/",
    maxAge: yearInSeconds,
  } as const;
}

/**
 * The guest in a `Cookie` header; null unless there is exactly one. Cookies are shared between ports, so another app on
 * this host can add a cookie with the same name: if two genuine cookies name different guests, neither is trusted.
 */
export function guestInCookies(header: string | null, name: string, secret: string): string | null {
  const guests = new Set<string>();
  for (const pair of (header ?? "").split(";")) {
    const equals = pair.indexOf("=");
    if (pair.slice(0, equals).trim() !== name) continue;
    const userId = verifyGuest(pair.slice(equals + 1).trim(), secret);
    if (userId) guests.add(userId);
  }
  const [only] = guests;
  return guests.size === 1 && only !== undefined ? only : null;
}
