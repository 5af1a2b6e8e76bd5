import { isLoopbackHost } from "@mcp-assistant/core";

/** Methods that change nothing (RFC 9110 §9.2.1). */
const safeMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** What a browser says of a request that nobody's page but our own has made; `none` is the user, who typed or clicked it. */
const ownSites: ReadonlySet<string> = new Set(["same-origin", "none"]);

type Head = Pick<Request, "method" | "headers">;

/** Whether the browser says that a page of another origin made the request: also of another port or subdomain. */
function isFromElsewhere({ headers }: Head, baseUrl: string): boolean {
  const [origin, site] = [headers.get("origin"), headers.get("sec-fetch-site")];
  // As text: browsers write an origin in one way alone, and `null` is that of a page that hides its own.
  return (origin !== null && origin !== baseUrl) || (site !== null && !ownSites.has(site));
}

/**
 * Whether a request may have been made by a page of another origin than the app's, for the user whose cookies it
 * carries: answer it with 403. For the procedures in a tRPC app of your own; our handler does it by itself.
 *
 * Browsers name the origin of every request that changes something (Fetch standard, `Origin`), so one with cookies and
 * without it is refused, too. A client that is no browser sends a token in `Authorization` and no cookies.
 *
 * `baseUrl`: that of your `mcp`.
 */
export function isCrossOriginRequest(request: Head, baseUrl: string): boolean {
  const { method, headers } = request;
  const unnamed = !safeMethods.has(method) && headers.get("origin") === null && headers.has("cookie");
  return unnamed || isFromElsewhere(request, baseUrl);
}

/** The same for a page that people are led to from elsewhere: going there is right, loading it unseen is not. */
export function isHiddenCrossOriginVisit(request: Head, baseUrl: string): boolean {
  const mode = request.headers.get("sec-fetch-mode");
  return mode !== null && mode !== "navigate" && isFromElsewhere(request, baseUrl);
}

const hostAndPort = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i;

/**
 * Whether the `Host` is a name of somebody else that points to this machine (DNS rebinding): its pages share an origin
 * with us. Only an app on loopback can know: before any other there may be a proxy that calls us by a name of its own.
 * One without a dot, such as a container's, is nobody's on the internet.
 */
export function isReboundHost({ headers }: Head, baseUrl: string): boolean {
  const host = headers.get("host");
  if (host === null || !isLoopbackHost(new URL(baseUrl).hostname)) return false;
  const name = hostAndPort.exec(host)?.[1]?.toLowerCase();
  return name === undefined || !(isLoopbackHost(name) || /^[a-z0-9_-]+$/.test(name));
}
