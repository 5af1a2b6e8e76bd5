import type { McpAppRouter } from "@mcp-assistant/api";
import { type ErrorInfo, isMcpSessionError, McpSessionError, parseErrorInfo } from "@mcp-assistant/protocol";
import { isTRPCClientError } from "@trpc/client";
import { cancelled, unauthenticated, unreachable } from "../errors.js";

/**
 * Converts any error of a procedure or the stream to our typed error: the one that the server sent (`data.mcp`), or
 * else a plain one for tRPC's code. Other texts from the server are not meant for the page and stay in `cause`.
 */
export function toSessionError(error: unknown): McpSessionError {
  if (isMcpSessionError(error)) return error;
  return new McpSessionError({ ...infoOf(error), cause: error });
}

function infoOf(error: unknown): ErrorInfo {
  if (isAbort(error)) return cancelled;
  if (!isTRPCClientError<McpAppRouter>(error)) return unexpected;
  const { data } = error;
  const sent = parseErrorInfo(data && "mcp" in data ? data.mcp : undefined);
  if (sent) return sent;
  if (isAbort(error.cause)) return cancelled;
  if (data) return byTrpcCode[data.code] ?? unexpected;
  return statusOf(error.meta) === 401 ? unauthenticated : unreachable;
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

function statusOf(meta: Record<string, unknown> | undefined): number | undefined {
  return meta?.response instanceof Response ? meta.response.status : undefined;
}

const unexpected: ErrorInfo = {
  code: "INTERNAL",
  message: "Something went wrong in the app",
  hint: "Try again. If it keeps happening, contact the people who run this app.",
  retryable: true,
};

const byTrpcCode: Readonly<Record<string, ErrorInfo>> = {
  UNAUTHORIZED: unauthenticated,
  FORBIDDEN: {
    code: "ACCESS_DENIED",
    message: "You are not allowed to do this",
    hint: "Ask the people who run this app for access.",
    retryable: false,
  },
  BAD_REQUEST: {
    code: "INVALID_INPUT",
    message: "Some of the input is not valid",
    hint: "Check what you entered.",
    retryable: false,
  },
  NOT_FOUND: {
    code: "INTERNAL",
    message: "The app does not know this request",
    hint: "Reload the page. The app may have been updated.",
    retryable: false,
  },
  TOO_MANY_REQUESTS: {
    code: "RATE_LIMITED",
    message: "Too many requests",
    hint: "Wait a moment, then try again.",
    retryable: true,
  },
};
