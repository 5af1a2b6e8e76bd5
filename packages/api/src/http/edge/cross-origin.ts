import { isLoopbackHost, type Mcp } from "@mcp-assistant/core";
import { browserAddress, hostNameOf } from "./browser-address.js";

/** Methods that change nothing (RFC 9110 §9.2.1). */
const safeMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** The `Sec-Fetch-Site` values of our own requests: from one of our pages, or directly from the user (`none`). */
const ownSites: ReadonlySet<string> = new Set(["same-origin", "none"]);

type Head = Pick<Request, "method" | "headers">;

/** Whether the browser reports that a page of another origin, port or subdomain made the request. */
function isFromElsewhere({ headers }: Head, baseUrl: string): boolean {
  const [origin, site] = [headers.get("origin"), headers.get("sec-fetch-site")];
  // Comparing text is enough: browsers always write an origin the same way. A page that hides its origin sends `null`.
  return (origin !== null && origin !== baseUrl) || (site !== null && !ownSites.has(site));
}

/**
 * Whether a page of another origin may have made this request with the user's cookies. If so, answer with 403. Use it
 * for the procedures in a tRPC app of your own; our handler does this automatically.
 *
 * Browsers name the origin of every request that changes something (Fetch standard, `Origin`), so a request with
 * cookies but no `Origin` is refused, too. Non-browser clients must send a token in `Authorization` and no cookies.
 *
 * `baseUrl`: the `baseUrl` of your `mcp`.
 */
export function isCrossOriginRequest(request: Head, baseUrl: string): boolean {
  const { method, headers } = request;
  const unnamed = !safeMethods.has(method) && headers.get("origin") === null && headers.has("cookie");
  return unnamed || isFromElsewhere(request, baseUrl);
}

/** The same check for pages that other sites may link to: following a link is allowed, a background request is not. */
export function isHiddenCrossOriginVisit(request: Head, baseUrl: string): boolean {
  const mode = request.headers.get("sec-fetch-mode");
  return mode !== null && mode !== "navigate" && isFromElsewhere(request, baseUrl);
}

/**
 * Whether the request came by a foreign name that points to this machine (DNS rebinding), so that its pages share our
 * origin. Only an app on loopback can tell: a proxy in front of any other app may use a host name of its own. A name
 * without a dot, such as a container's, is allowed because it cannot be registered on the internet.
 */
export function isReboundHost(request: Head, { baseUrl, trustProxy }: Pick<Mcp, "baseUrl" | "trustProxy">): boolean {
  if (!isLoopbackHost(new URL(baseUrl).hostname)) return false;
  // A page can send any X-Forwarded-Host but not a Host, so what a proxy reports is judged besides the Host.
  const hosts = [request.headers.get("host"), browserAddress(request, trustProxy).host];
  return hosts.some((host) => host !== null && !isOfThisMachine(hostNameOf(host)));
}

const isOfThisMachine = (name: string | undefined) =>
  name !== undefined && (isLoopbackHost(name) || /^[a-z0-9_-]+$/.test(name));
