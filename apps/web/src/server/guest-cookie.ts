import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/**
 * What a signature says of a guest: `used` has counted for their address, `new` only opened a page. It is part of the
 * signed text, so that no other signature made with the same secret passes for it.
 */
const purposes = { used: "mcp_guest:", new: "mcp_new_guest:" } as const;
type Purpose = keyof typeof purposes;

/** The guest whom a cookie names. */
export interface Guest {
  userId: string;
  /** Whether they have only opened a page so far, and count once they use the app. */
  isNew: boolean;
}
const identity = /^guest_[A-Za-z0-9_-]{22,64}$/;

export function newGuestUserId(): string {
  return `guest_${randomBytes(18).toString("base64url")}`;
}

function macOf(userId: string, secret: string, purpose: Purpose): Buffer {
  const mac = createHmac("sha256", secret)
    .update(purposes[purpose] + userId)
    .digest("base64url");
  return Buffer.from(mac);
}

export function signGuest({ userId, isNew }: Guest, secret: string): string {
  return `${userId}.${macOf(userId, secret, isNew ? "new" : "used")}`;
}

/** The guest in a cookie value that we signed; otherwise null. */
export function verifyGuest(value: string, secret: string): Guest | null {
  const [userId = "", mac = "", ...rest] = value.split(".");
  if (rest.length > 0 || !identity.test(userId)) return null;
  const given = Buffer.from(mac);
  const says = (purpose: Purpose) => {
    const expected = macOf(userId, secret, purpose);
    return given.length === expected.length && timingSafeEqual(given, expected);
  };
  if (says("used")) return { userId, isNew: false };
  return says("new") ? { userId, isNew: true } : null;
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
export function guestInCookies(header: string | null, name: string, secret: string): Guest | null {
  const guests = new Map<string, Guest>();
  for (const pair of (header ?? "").split(";")) {
    const equals = pair.indexOf("=");
    if (pair.slice(0, equals).trim() !== name) continue;
    const guest = verifyGuest(pair.slice(equals + 1).trim(), secret);
    if (guest && (!guest.isNew || !guests.has(guest.userId))) guests.set(guest.userId, guest);
  }
  const [only] = guests.values();
  return guests.size === 1 && only !== undefined ? only : null;
}
