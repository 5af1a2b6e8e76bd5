/**
 * The request header by which the proxy hands a visit under another loopback name to the route that redirects it
 * (`app/base-url`, by a rewrite in next.config.ts). It holds the path and query asked for.
 *
 * The proxy cannot redirect by itself: Next cuts the host off a redirect to the address that `next start` listens on,
 * and takes the proxy's own rewrites for another server's when that address is 127.0.0.1.
 */
export const moveToBaseUrl = "x-move-to-base-url";
