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

/** The longest path (characters) at which the handler is looked for. */
const maxMountPath = 64;

/** The path at which a request finds the handler, which serves `isAddress`. Undefined if it names none of them. */
export function mountPathOf(pathname: string, isAddress: (path: string) => boolean): string | undefined {
  const path = withoutSlash(pathname);
  // A long path must not cost long: each slash is judged with the whole rest of the path.
  const slashes = [...path.slice(0, maxMountPath + 1).matchAll(/\//g)].map(({ index }) => index).slice(1);
  const end = slashes.find((index) => isAddress(path.slice(index)));
  // It is repeated in an answer, so only if it is harmless.
  return end !== undefined && /^(?:\/[\w.~-]+)+$/.test(path.slice(0, end)) ? path.slice(0, end) : undefined;
}
