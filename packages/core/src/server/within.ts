import type { Fetch } from "../outbound/guarded-fetch.js";
import { redirectedAway } from "./server-error.js";

/** What a server or a proxy on the way could read as a step up, or as a slash. The URL parser has resolved plain `..`. */
const hiddenStep = /%(?:25|2e|2f|5c)|\/\.\.?;|\/\//i;

/**
 * Whether an address is a server's own, or below its path. What lets us in there is for that resource only (RFC 8707 §2,
 * RFC 9728 §3.3): other paths of its origin may be other people's servers. Paths below count, because the resource
 * covers them: a server at the root of its origin may redirect to `/mcp`, and one at `/mcp` to `/mcp/`.
 */
export function isWithin(server: URL, url: URL): boolean {
  if (url.origin !== server.origin || (server.search !== "" && url.search !== server.search)) return false;
  const own = server.pathname.replace(/\/$/, "");
  const below = url.pathname.slice(own.length);
  return url.pathname.startsWith(own) && /^(?:\/|$)/.test(below) && !hiddenStep.test(below);
}

/**
 * A `fetch` that sends a token or the user's own headers only to the server itself, not along a redirect to another path.
 * Throws a `NotMcpError` there.
 */
export function within(server: URL, fetch: Fetch, { hasHeaders }: { hasHeaders: boolean }): Fetch {
  return async (url, init) => {
    const isSecret = hasHeaders || new Headers(init?.headers).has("authorization");
    if (isSecret && !isWithin(server, new URL(url))) throw redirectedAway(server);
    return fetch(url, init);
  };
}
