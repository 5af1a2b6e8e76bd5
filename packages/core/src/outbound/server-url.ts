import { serverUrlProblem } from "@mcp-assistant/protocol";
import { ServerUrlInvalidError } from "../errors.js";

/** The URL of an MCP server as the user typed it, without a fragment. Throws a {@link ServerUrlInvalidError}. */
export function parseServerUrl(text: string): URL {
  const problem = serverUrlProblem(text);
  if (problem) throw new ServerUrlInvalidError({ ...problem, retryable: false });
  const url = new URL(text.trim());
  url.hash = "";
  return url;
}
