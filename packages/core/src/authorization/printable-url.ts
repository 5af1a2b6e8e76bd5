/** The longest address that is shown. */
const longest = 200;

/**
 * An address that a server named, for a message to an operator: as it is when it is a plain one, else its origin alone, so
 * that nobody can put a text of his own into our messages.
 */
export function printableUrl(url: string): string {
  const isPlain = url.length <= longest && /^https?:\/\/[\w.:[\]-]+(\/[\w.~-]+)*\/?$/.test(url);
  return isPlain ? url : new URL(url).origin;
}
