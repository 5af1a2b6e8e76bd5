import { McpSessionError } from "@mcp-assistant/protocol";

/** The longest callback (characters), as on the wire. */
const maxLength = 8_192;

/** A callback as an app has brought it. */
export interface BroughtCallback {
  params: URLSearchParams;
  /** Its origin and path, as text; null if only its query is known. */
  cameTo: readonly [string] | null;
  /** Whether it is a code alone. */
  isBare: boolean;
}

/**
 * A callback (RFC 6749 §4.1.2), from its address, its path with the query, its query, or `URLSearchParams`. A path is one
 * of `baseUrl`: behind a proxy, an app may not know the host that the browser sees. Any other text is taken for a bare
 * code; a callback that has lost its `state` is not, since anyone can make a browser open such an address.
 *
 * Throws `INVALID_INPUT` for anything else.
 */
export function callbackOf(given: unknown, baseUrl: string): BroughtCallback {
  const kind = Object.prototype.toString.call(given);
  const isParams = kind === "[object URLSearchParams]";
  const isText = typeof given === "string" || isParams || kind === "[object URL]";
  const text = isText ? String(given).trim() : "";
  if (text === "" || text.length > maxLength) throw notACallback();
  const [, address, query = ""] = /^((?:https?:|\/)[^?#]*)?\??([^#]*)/is.exec(isParams ? `?${text}` : text) ?? [];
  const params = new URLSearchParams(query);
  const cameTo = address === undefined ? null : ([address.startsWith("/") ? baseUrl + address : address] as const);
  if (isParams || ["state", "code", "error"].some((name) => params.get(name))) return { params, cameTo, isBare: false };
  if (cameTo) throw notACallback();
  return { params: new URLSearchParams({ code: text }), cameTo: null, isBare: true };
}

const notACallback = () =>
  new McpSessionError({
    code: "INVALID_INPUT",
    message: "This is not the callback of a sign-in",
    hint: "Sign in again from the app.",
    operatorHint: "Pass finishAuth the whole address of the request that the authorization server redirected to.",
    retryable: false,
  });

/** It says neither which sign-in it belongs to, nor which server it came from. */
export const bareCodeRefused = () =>
  new McpSessionError({
    code: "INVALID_INPUT",
    message: "The code alone does not say which sign-in it belongs to",
    hint: "Sign in again from the app.",
    operatorHint: "Pass finishAuth the whole address of the callback, with its state and iss.",
    retryable: false,
  });
