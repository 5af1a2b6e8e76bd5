import { McpSessionError, parseUrl } from "@mcp-assistant/protocol";

/** The longest callback (characters), as on the wire. */
const maxLength = 8_192;

/**
 * The parameters of a callback (RFC 6749 §4.1.2), from its address, its path with the query, its query, or
 * `URLSearchParams`. Any other text is taken for a bare code (`isBare`); a callback that has lost its `state` is not, since
 * anybody can make a browser open such an address. Throws `INVALID_INPUT` for what is none of these.
 */
export function callbackOf(given: unknown): { params: URLSearchParams; isBare: boolean } {
  const isParams = Object.prototype.toString.call(given) === "[object URLSearchParams]";
  const text = isParams || typeof given === "string" ? String(given).trim() : "";
  if (text === "" || text.length > maxLength) throw notACallback();
  const params = new URLSearchParams(text.replace(/#.*$/s, "").replace(/^[^?]*\?/s, ""));
  if (isParams || ["state", "code", "error"].some((name) => params.get(name))) {
    return { params, isBare: false };
  }
  if (/^https?:$/.test(parseUrl(text)?.protocol ?? "") || text.startsWith("/")) throw notACallback();
  return { params: new URLSearchParams({ code: text }), isBare: true };
}

const notACallback = () =>
  new McpSessionError({
    code: "INVALID_INPUT",
    message: "This is not the callback of a sign-in",
    hint: "Sign in again from the app.",
    operatorHint: "Pass finishAuth the whole query of the request that the authorization server redirected to.",
    retryable: false,
  });

/** It says neither which sign-in it belongs to, nor which server it came from. */
export const bareCodeRefused = () =>
  new McpSessionError({
    code: "INVALID_INPUT",
    message: "The code alone does not say which sign-in it belongs to",
    hint: "Sign in again from the app.",
    operatorHint: "Pass finishAuth the whole query of the callback, with its state and iss.",
    retryable: false,
  });
