import { isMcpSessionError, type McpSessionError } from "@mcp-assistant/protocol";
import { AuthorizationFailedError } from "../errors.js";

/** The failure of a sign-in step as one of our errors: the first one among its causes, or else `otherwise`. */
export function asAuthorizationFailure(
  error: unknown,
  otherwise: { message: string; hint: string; operatorHint?: string },
): McpSessionError {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (isMcpSessionError(cause)) return cause;
  return new AuthorizationFailedError({ ...otherwise, retryable: false, cause: withoutMessage(error) });
}

/**
 * Keeps only the kind of an error and where it was thrown. The SDK's messages contain raw answers of an authorization
 * server, which may repeat what we sent, and printing an error prints its causes, too.
 */
export function withoutMessage(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(typeof error);
  if (isMcpSessionError(error)) return error;
  const stripped = new Error(error.constructor.name);
  stripped.stack = [stripped.message, ...(error.stack ?? "").split("\n").filter((line) => /^\s+at \S/.test(line))].join(
    "\n",
  );
  return stripped;
}
/** The longest URL (UTF-16 code units) that is shown in full. */
const maxUrlLength = 200;

/**
 * A URL that a server named, for a message to the operator. A plain URL is shown in full, any other only as its origin,
 * so that a server cannot put its own text into our messages.
 */
export function printableUrl(url: string): string {
  const isPlain = url.length <= maxUrlLength && /^https?:\/\/[\w.:[\]-]+(\/[\w.~-]+)*\/?$/.test(url);
  return isPlain ? url : new URL(url).origin;
}
