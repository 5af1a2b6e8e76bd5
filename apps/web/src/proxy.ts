import { randomBytes } from "node:crypto";
import { type NextRequest, NextResponse } from "next/server";
import { baseUrl } from "./server/environment";
import { guestUserId, newGuestCookie } from "./server/guest";
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

/** Goes on to a page, which gives the nonce of this answer to its scripts. */
function goOnToPage(request: NextRequest, base: URL): NextResponse {
  const nonce = randomBytes(16).toString("base64");
  const policy = contentSecurityPolicy(base, nonce, process.env.NODE_ENV === "development");
  const headers = new Headers(request.headers);
  headers.set(nonceHeader, nonce);
  // From here Next takes the nonce of its own scripts.
  headers.set("content-security-policy", policy);
  return withHeaders(NextResponse.next({ request: { headers } }), pageHeaders(base, policy));
}

/**
 * Keeps visitors to the base URL's own host, says what browsers may do with a page, and gives who visits one for the
 * first time a guest identity. It decides nothing about what anybody may see: the handler and its procedures do.
 */
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
  if (request.nextUrl.pathname.startsWith("/api/mcp/")) {
    return withHeaders(NextResponse.next(), transportSecurity(base));
  }
  const response = goOnToPage(request, base);
  if (isPageVisit(request) && guestUserId(request) === null) {
    response.cookies.set(newGuestCookie());
    // A cache that kept this answer would give everybody the same identity.
    response.headers.set("cache-control", "private, no-store");
  }
  return response;
}

// Next's own files are the same for everybody; they are also what the browser asks for most.
export const config = { matcher: ["/((?!_next/static|_next/image|icon\\.svg).*)"] };
