/** What the `Host` header of a request says about where its sender believes to be. */
export type HostVerdict = "ours" | "other-loopback-name" | "foreign" | "malformed";

const wellFormed = /^(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;
const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Judges the `Host` header against the base URL. A page on a name of somebody else that points to this machine (DNS
 * rebinding) shows that name here, so everything but our own name is kept out. Loopback has several names; cookies and
 * sign-ins belong to one of them.
 */
export function judgeHost(header: string | null, baseUrl: URL): HostVerdict {
  // URL would read `user@host` and repair much else: only then is it safe to let it normalise.
  if (!header || !wellFormed.test(header) || !URL.canParse(`${baseUrl.protocol}//${header}`)) return "malformed";
  const asked = new URL(`${baseUrl.protocol}//${header}`);
  if (asked.host === baseUrl.host) return "ours";
  return loopback.test(asked.hostname) ? "other-loopback-name" : "foreign";
}

/**
 * The request header by which the proxy hands a visit under another loopback name to the route that redirects it
 * (`app/base-url`, by a rewrite in next.config.ts). It holds the path and query asked for.
 *
 * The proxy cannot redirect by itself: Next cuts the host off a redirect to the address that `next start` listens on,
 * and takes the proxy's own rewrites for another server's when that address is 127.0.0.1.
 */
export const moveToBaseUrl = "x-move-to-base-url";
