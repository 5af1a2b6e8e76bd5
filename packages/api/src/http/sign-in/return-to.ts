import type { Mcp } from "@mcp-assistant/core";
import { parseUrl } from "@mcp-assistant/protocol";
import { isEndOf, pathsBelow } from "../edge/path-below.js";

const signInPage = /^\/auth\/(?:start|callback|issuer|result)(?:\/|$)/;

type App = Pick<Mcp, "baseUrl" | "basePath" | "callbackUrls">;

/** The longest `returnTo` (characters) that is kept. */
const maxLength = 2_048;

/** Printable ASCII that a browser reads as a path. Two slashes or backslashes at the start would name another host. */
const pathOfOurs = /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/;

/** Encoded slashes, backslashes and `%`: a server on the way could decode them into another host's name. */
const hiddenSlash = /%(?:2f|5c|25)/i;

/** The same for line breaks and other control characters. */
const hiddenControl = /%(?:[01][0-9a-f]|7f)/i;

/**
 * The normalised path within our own origin that a `returnTo` names. Null for anything else, and for our own endpoints,
 * which are not pages to return to. The user is sent to `baseUrl` followed by this path.
 */
export function returnPath(value: string | null | undefined, app: App): string | null {
  const { baseUrl } = app;
  if (!value || value.length > maxLength || !pathOfOurs.test(value) || hiddenControl.test(value)) return null;
  const url = parseUrl(value, baseUrl);
  if (!url) return null;
  const { origin, pathname, search, hash } = url;
  const [written = ""] = value.split(/[?#]/, 1);
  if (origin !== new URL(baseUrl).origin || hiddenSlash.test(written) || pathname.includes("//")) return null;
  return isEndpoint(url, app) ? null : `${pathname}${search}${hash}`;
}

/** The `returnTo` of a request. If it is given twice it is ambiguous, and ignored. */
export function returnToOf({ searchParams }: URL, app: App): string | null {
  const [value, ...others] = searchParams.getAll("returnTo");
  return others.length > 0 ? null : returnPath(value, app);
}

function isEndpoint({ pathname, searchParams }: URL, { basePath, callbackUrls }: App): boolean {
  const path = readable(pathname);
  if (path === undefined) return true;
  const below = pathsBelow(path, basePath.toLowerCase());
  // What is in front of the handler may remove a part of its path, so its pages have shorter names, too.
  if (`${path}/`.startsWith(`${basePath}/`.toLowerCase()) || below.some((each) => signInPage.test(each))) return true;
  return callbackUrls.some((callbackUrl) => isCallback({ path, searchParams }, callbackUrl));
}

/**
 * Whether a path is that of a redirect URL, whose visitor is finishing a sign-in. The host does not count, because the
 * handler serves redirect URLs, and shorter names of them, by their path.
 */
function isCallback({ path, searchParams }: { path: string; searchParams: URLSearchParams }, callbackUrl: string) {
  const url = parseUrl(callbackUrl);
  const own = readable(url?.pathname ?? "");
  const isThere = own !== undefined && (own === path || isEndOf(own, path));
  return isThere && [...(url?.searchParams ?? [])].every(([name, value]) => searchParams.getAll(name).includes(value));
}

/** A path as a server may read it, however it is written; undefined if it cannot be read. */
function readable(pathname: string): string | undefined {
  try {
    return decodeURIComponent(pathname).toLowerCase();
  } catch {
    return undefined;
  }
}
