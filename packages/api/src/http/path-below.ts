/** One slash at the end does not count: Next.js adds it with `trailingSlash`. */
const withoutSlash = (path: string) => path.replace(/(?<=[^/])\/$/, "");

/**
 * What the request's path may name below the handler, most likely first. What is in front of the handler may have
 * removed the beginning of the path: Next.js removes its own `basePath`, a router its mount point, a proxy a prefix. So
 * every end of the handler's `basePath` counts.
 */
export function pathsBelow(pathname: string, basePath: string): string[] {
  const path = withoutSlash(pathname);
  const ends = [...basePath.matchAll(/\/|$/g)].map(({ index }) => basePath.slice(index));
  return ends.filter((end) => path.startsWith(`${end}/`)).map((end) => path.slice(end.length));
}

/** Whether a request for `pathname` may be one for this path of the app. */
export const isEndOf = (own: string, pathname: string): boolean =>
  pathname !== "/" && withoutSlash(own).endsWith(withoutSlash(pathname));

/** The path at which a request finds the handler, which serves `isAddress`. Undefined if it names none of them. */
export function mountPathOf(pathname: string, isAddress: (path: string) => boolean): string | undefined {
  const path = withoutSlash(pathname);
  const slashes = [...path.matchAll(/\//g)].map(({ index }) => index).filter((index) => index > 0);
  const mounted = slashes.filter((index) => isAddress(path.slice(index))).map((index) => path.slice(0, index))[0];
  // It is repeated in an answer, so only if it is harmless.
  return mounted !== undefined && /^(?:\/[\w.~-]+){1,8}$/.test(mounted) && mounted.length <= 64 ? mounted : undefined;
}
