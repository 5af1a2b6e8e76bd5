import { ServerUrlInvalidError } from "../errors.js";

/** The URL of an MCP server as the user typed it. Throws a {@link ServerUrlInvalidError}. */
export function parseServerUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url?.hostname) {
    throw invalid("This is not a URL", "Give the server's full address, such as https://mcp.example.com/mcp.");
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw invalid(`MCP servers are reached by http or https, not by ${url.protocol}`, "Give an https:// address.");
  }
  if (url.username || url.password) {
    throw invalid("The URL contains a user name or password", "Leave them out: the server asks for a sign-in itself.");
  }
  url.hash = "";
  return url;
}

const invalid = (message: string, hint: string) => new ServerUrlInvalidError({ message, hint, retryable: false });
