/** Which host a request is addressed to, by its `Host` header. */
export type HostVerdict = "ours" | "other-loopback-name" | "foreign" | "malformed";

const wellFormed = /^(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;
const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Compares the `Host` header with the base URL. In a DNS rebinding attack, a page under a foreign name that points to
 * this machine sends that name, so only our own name is accepted. Loopback has several names, and cookies and sign-ins
 * belong to one of them.
 */
export function judgeHost(header: string | null, baseUrl: URL): HostVerdict {
  // URL accepts `user@host` and repairs other malformed input, so check the form before letting it normalise.
  if (!header || !wellFormed.test(header) || !URL.canParse(`${baseUrl.protocol}//${header}`)) return "malformed";
  const asked = new URL(`${baseUrl.protocol}//${header}`);
  if (asked.host === baseUrl.host) return "ours";
  return loopback.test(asked.hostname) ? "other-loopback-name" : "foreign";
}

/**
 * The request header with which the proxy hands a visit under another loopback name to the route that redirects it
 * (`app/base-url`, through a rewrite in next.config.ts). It holds the requested path and query.
 *
 * The proxy cannot redirect on its own: Next removes the host from a redirect to the address that `next start` listens
 * on, and treats the proxy's own rewrites as those of another server when that address is 127.0.0.1.
 */
export const moveToBaseUrl = "x-move-to-base-url";
