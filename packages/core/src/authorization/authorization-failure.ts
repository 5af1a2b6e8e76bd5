import { isMcpSessionError, type McpSessionError } from "@mcp-assistant/protocol";
import { AuthorizationFailedError } from "../errors.js";

/**
 * What went wrong in a step of a sign-in, as one of our errors. An error of the SDK or of the authorization server keeps
 * its own text as the cause alone: such texts hold raw answers of a server that we do not trust.
 */
export function asAuthorizationFailure(error: unknown, otherwise: { message: string; hint: string }): McpSessionError {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (isMcpSessionError(cause)) return cause;
  return new AuthorizationFailedError({ ...otherwise, retryable: false, cause: error });
}
