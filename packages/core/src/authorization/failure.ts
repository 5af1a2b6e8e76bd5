import { isMcpSessionError, type McpSessionError } from "@mcp-assistant/protocol";
import { AuthorizationFailedError } from "../errors.js";

/** What went wrong in a step of a sign-in, as one of our errors. */
export function asAuthorizationFailure(error: unknown, otherwise: { message: string; hint: string }): McpSessionError {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (isMcpSessionError(cause)) return cause;
  return new AuthorizationFailedError({ ...otherwise, retryable: false, cause: withoutItsWords(error) });
}

/**
 * The kind of an error and where it was thrown. Texts of the SDK hold raw answers of an authorization server, and those may
 * hold what we sent to it: whoever prints an error prints its causes, too.
 */
export function withoutItsWords(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(typeof error);
  if (isMcpSessionError(error)) return error;
  const told = new Error(error.constructor.name);
  told.stack = [told.message, ...(error.stack ?? "").split("\n").filter((line) => /^\s+at \S/.test(line))].join("\n");
  return told;
}
/** The longest address (UTF-16 code units) that is shown. */
const maxUrlLength = 200;

/**
 * An address that a server named, for a message to an operator: as it is when it is a plain one, else its origin alone, so
 * that nobody can put a text of his own into our messages.
 */
export function printableUrl(url: string): string {
  const isPlain = url.length <= maxUrlLength && /^https?:\/\/[\w.:[\]-]+(\/[\w.~-]+)*\/?$/.test(url);
  return isPlain ? url : new URL(url).origin;
}
