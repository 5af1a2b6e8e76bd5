/**
 * The URL that a text is, or undefined. Not by `URL.canParse`: once V8 has optimized a call of it, Node.js 20 reads texts
 * with Latin-1 letters wrongly, and an address such as `https://bücher.example` is refused.
 */
export function parseUrl(text: string, base?: string | URL): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}
