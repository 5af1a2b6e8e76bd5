import { randomBytes } from "node:crypto";
import { type NextRequest, NextResponse } from "next/server";
import { barePage, isDecodable } from "./server/bare-page";
import { clientAddress } from "./server/client-address";
import { baseUrl, trustProxy } from "./server/environment";
import { guestOf, newGuestCookie, usedGuestCookie } from "./server/guest";
import { GuestAdmission } from "./server/guest-admission";
import { judgeHost, moveToBaseUrl } from "./server/host";
import { contentSecurityPolicy, nonceHeader, pageHeaders, transportSecurity } from "./server/security-headers";

function isPageVisit({ method, nextUrl }: NextRequest): boolean {
  return (method === "GET" || method === "HEAD") && !/^\/api(?:\/|$)/.test(nextUrl.pathname);
}

function plainText(status: number, text: string): Response {
  const headers = {
    "content-type": "text/plain; charset=utf-8",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  };
  return new Response(`${text}\n`, { status, headers });
}

function withHeaders(response: NextResponse, headers: Record<string, string>): NextResponse {
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
  return response;
}

/** Continues to a page, which gives this response's nonce to its scripts. */
function continueToPage(request: NextRequest, base: URL): NextResponse {
  const nonce = randomBytes(16).toString("base64");
  const policy = contentSecurityPolicy(base, nonce, process.env.NODE_ENV === "development");
  const headers = new Headers(request.headers);
  headers.set(nonceHeader, nonce);
  // Next reads the nonce for its own scripts from this header.
  headers.set("content-security-policy", policy);
  return withHeaders(NextResponse.next({ request: { headers } }), pageHeaders(base, policy));
}

const admission = new GuestAdmission();

const addressOf = ({ headers }: NextRequest) => clientAddress(headers.get("x-forwarded-for"), trustProxy());

const tooManyGuests =
  "Many people, or one without cookies, have just opened this app from your network. Allow cookies for it, and try again in a few minutes.";

function afterWaiting(response: Response, waitMs: number): Response {
  response.headers.set("retry-after", String(Math.ceil(waitMs / 1_000)));
  return response;
}

/**
 * Continues to the handler. A guest counts for their address when they first come here, and gets a cookie that says so.
 */
function continueToHandler(request: NextRequest, base: URL): Response {
  const guest = guestOf(request);
  const waitMs = guest ? admission.admit(guest, addressOf(request)) : 0;
  if (waitMs > 0) return afterWaiting(plainText(429, tooManyGuests), waitMs);
  const response = withHeaders(NextResponse.next(), transportSecurity(base));
  if (guest?.isNew) response.cookies.set(usedGuestCookie(guest));
  return response;
}

/**
 * Continues to a page. A first-time visitor becomes a guest, unless their address could not use the app as another one.
 */
function continueAsGuest(request: NextRequest, base: URL): Response {
  if (request.method !== "GET" || !isPageVisit(request)) return continueToPage(request, base);
  const guest = guestOf(request);
  const waitMs = guest ? 0 : admission.waitMs(addressOf(request));
  if (waitMs > 0) return afterWaiting(barePage(429, { title: "Too many new visitors", text: tooManyGuests }), waitMs);
  const response = continueToPage(request, base);
  if (guest) return response;
  response.cookies.set(newGuestCookie());
  // A cache that stored this response would give all users the same identity.
  response.headers.set("cache-control", "private, no-store");
  return response;
}

/**
 * Keeps visitors on the base URL's host, sets the security headers of pages, and gives first-time visitors a guest
 * identity. It does not decide what a user may see: the handler and its procedures do.
 */
export function proxy(request: NextRequest): Response {
  const base = baseUrl();
  const verdict = judgeHost(request.headers.get("host"), base);
  if (verdict === "malformed") return plainText(400, "The Host header is missing or malformed.");
  if (!isDecodable(request.nextUrl.pathname)) {
    return barePage(404, { title: "Page not found", text: "There is nothing at this address." });
  }
  if (verdict === "other-loopback-name" && isPageVisit(request)) {
    const headers = new Headers(request.headers);
    headers.set(moveToBaseUrl, request.nextUrl.pathname + request.nextUrl.search);
    return NextResponse.next({ request: { headers } });
  }
  if (verdict !== "ours") {
    return plainText(421, `This app is served at ${base.origin}, not at ${request.headers.get("host")}.`);
  }
  if (request.nextUrl.pathname.startsWith("/api/mcp/")) return continueToHandler(request, base);
  return continueAsGuest(request, base);
}

// Next's own files are the same for all users, and they are what browsers request most.
export const config = { matcher: ["/((?!_next/static|_next/image|icon\\.svg).*)"] };
