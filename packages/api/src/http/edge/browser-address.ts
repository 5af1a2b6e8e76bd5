type Head = Pick<Request, "headers">;

/** What the `Host` header and trusted proxies say about the address in the browser. */
export interface BrowserAddress {
  /** `name` or `name:port`, as sent. */
  host: string | null;
  /** `https` or `http`; null if no trusted proxy says. */
  scheme: string | null;
}

/**
 * The address that the browser used. `trustProxy` proxies are believed: the entry of the outermost of them counts, and
 * the entries before it are whatever its client sent. A proxy that replaces the list leaves one entry, which counts for
 * any number. Without an entry, the `Host` header counts.
 */
export function browserAddress({ headers }: Head, trustProxy: number): BrowserAddress {
  const forwarded = (name: string) => {
    const entries = (trustProxy > 0 ? (headers.get(name) ?? "") : "").split(",").map((entry) => entry.trim());
    return entries.slice(-trustProxy)[0] || null;
  };
  return {
    host: forwarded("x-forwarded-host") ?? headers.get("host"),
    scheme: forwarded("x-forwarded-proto")?.toLowerCase() ?? null,
  };
}

/**
 * Whether cookies of that address reach `baseUrl`. They belong to a host name whatever its port (RFC 6265 §8.5), so a
 * proxy may add or drop one. `Secure` cookies need https.
 */
export function sharesCookies({ host, scheme }: BrowserAddress, baseUrl: string): boolean {
  const own = new URL(baseUrl);
  if (scheme !== null && `${scheme}:` !== own.protocol) return false;
  return host === null || hostNameOf(host) === own.hostname;
}

const hostAndPort = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i;

/** The name in a `Host`, in lower case. Undefined if it is not a host, or holds more than one. */
export const hostNameOf = (host: string): string | undefined => hostAndPort.exec(host)?.[1]?.toLowerCase();
