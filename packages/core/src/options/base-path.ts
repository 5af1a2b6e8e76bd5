import { parseUrl } from "@mcp-assistant/protocol";
import { ConfigurationError } from "../errors.js";

/** Where the handler is below `baseUrl` unless the app says otherwise. */
export const defaultBasePath = "/api/mcp";

/** Segments of characters that browsers, proxies and frameworks all leave as they are (RFC 3986 §2.3). */
const path = /^(?:\/(?!\.{1,2}(?:\/|$))[\w.~-]+)+$/;

/**
 * Where the handler is below `baseUrl`. Throws a {@link ConfigurationError} that says how to write it: authorization
 * servers compare the addresses below it character by character.
 */
export function checkBasePath(basePath: string = defaultBasePath): string {
  if (typeof basePath === "string" && path.test(basePath)) return basePath;
  const meant = typeof basePath === "string" ? asPath(basePath) : undefined;
  const fix = meant
    ? `Write basePath: "${meant}".`
    : `Use the path below which the handler is mounted, without the host, such as "${defaultBasePath}".`;
  throw new ConfigurationError(`createMcp: basePath "${basePath}" is not a path`, fix);
}

/** The path that someone probably meant: of an address, of a framework's pattern, or with other slashes. */
function asPath(text: string): string | undefined {
  const pathname = /^https?:/i.test(text) ? (parseUrl(text)?.pathname ?? "") : text;
  const segments = pathname.split("/").filter((segment) => segment !== "" && segment !== ".");
  if (/^[*:{[]/.test(segments.at(-1) ?? "")) segments.pop();
  const written = `/${segments.join("/")}`;
  return path.test(written) ? written : undefined;
}
