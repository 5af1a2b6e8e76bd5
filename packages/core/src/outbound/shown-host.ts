/** The longest host (UTF-16 code units) that a message shows whole. */
const maxHostLength = 100;

/** The host of an address, for a message. Of a very long one the end is kept: it says whose it is. */
export function shownHost(url: URL | string): string {
  const { host } = url instanceof URL ? url : new URL(url);
  return host.length > maxHostLength ? `…${host.slice(1 - maxHostLength)}` : host;
}
