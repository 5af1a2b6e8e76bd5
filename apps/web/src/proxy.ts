import { type NextRequest, NextResponse } from "next/server";
import { baseUrl, cookieSecret } from "./server/environment";
import { guestUserId } from "./server/guest";
import { guestCookieName, newGuestUserId, signGuest } from "./server/guest-cookie";
import { judgeHost } from "./server/host";
import { moveToBaseUrl } from "./server/move-to-base-url";

const yearInSeconds = 365 * 24 * 60 * 60;

function isPageVisit({ method, nextUrl }: NextRequest): boolean {
  return (method === "GET" || method === "HEAD") && !/^\/api(?:\/|$)/.test(nextUrl.pathname);
}

function plainText(status: number, text: string): Response {
  return new Response(`${text}\n`, { status, headers: { "content-type": "text/plain; charset=utf-8" } });
}

function withNewGuest(base: URL): Response {
  const response = NextResponse.next();
  response.cookies.set({
    name: guestCookieName(base),
    value: signGuest(newGuestUserId(), cookieSecret()),
    httpOnly: true,
    sameSite: "lax",
    secure: base.protocol === "https:",
    path: "/",
    maxAge: yearInSeconds,
  });
  // A cache that kept this answer would give everybody the same identity.
  response.headers.set("cache-control", "private, no-store");
  return response;
}

/** Keeps visitors to the base URL's own host, and gives who visits a page for the first time a guest identity. */
export function proxy(request: NextRequest): Response {
  const base = baseUrl();
  const verdict = judgeHost(request.headers.get("host"), base);
  if (verdict === "malformed") return plainText(400, "The Host header is missing or not a host.");
  if (verdict === "other-loopback-name" && isPageVisit(request)) {
    const headers = new Headers(request.headers);
    headers.set(moveToBaseUrl, request.nextUrl.pathname + request.nextUrl.search);
    return NextResponse.next({ request: { headers } });
  }
  if (verdict !== "ours") {
    return plainText(421, `This app is served at ${base.origin}, not at ${request.headers.get("host")}.`);
  }
  return isPageVisit(request) && guestUserId(request) === null ? withNewGuest(base) : NextResponse.next();
}

// Next's own files are the same for everybody; they are also what the browser asks for most.
export const config = { matcher: ["/((?!_next/static|_next/image|icon\\.svg).*)"] };
