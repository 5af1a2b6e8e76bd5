import * as z from "zod";

/**
 * Everything that can go wrong, by cause. A code never changes its meaning, so that callers may `switch` on it.
 *
 * `REQUEST_REFUSED`: the app took no look at the request, for what it is: from another site, or of a wrong address,
 * method, type or size.
 * `USER_CHANGED`: somebody else is signed in to the app than the one for whom an event stream was opened.
 * `HEADERS_REFUSED`: the server does not accept the Authorization header that the user gave.
 * `SESSION_NOT_FOUND` also stands for another user's session: the two cannot be told apart from outside.
 * `SCOPE_REQUIRED`: signed in, but without a permission that the server wants for this (RFC 6750 §3.1
 * `insufficient_scope`); the rest goes on working.
 * `RATE_LIMITED`: too many of one kind in too short a time, in all processes together; `retryAfter` says when it goes again.
 * `APP_UNREACHABLE` is the browser's own: the app did not answer at all.
 */
export const mcpErrorCodeSchema = z.enum([
  "INVALID_INPUT",
  "REQUEST_REFUSED",
  "CONFIGURATION_INVALID",
  "UNAUTHENTICATED",
  "USER_CHANGED",
  "USER_ID_INVALID",
  "SESSION_NOT_FOUND",
  "SESSION_CONFLICT",
  "SESSION_UNREADABLE",
  "ILLEGAL_MOVE",
  "LIMIT_EXCEEDED",
  "RATE_LIMITED",
  "STORE_UNAVAILABLE",
  "SERVER_URL_INVALID",
  "SERVER_URL_FORBIDDEN",
  "SERVER_UNREACHABLE",
  "SERVER_ERROR",
  "NOT_MCP",
  "CONNECT_TIMEOUT",
  "REQUEST_TIMEOUT",
  "NOT_CONNECTED",
  "INTERRUPTED",
  "CANCELLED",
  "AUTHORIZATION_REQUIRED",
  "AUTHORIZATION_FAILED",
  "SCOPE_REQUIRED",
  "ACCESS_DENIED",
  "HEADERS_REFUSED",
  "INVALID_STATE",
  "TOOL_NOT_FOUND",
  "APP_UNREACHABLE",
  "INTERNAL",
]);

export type McpErrorCode = z.infer<typeof mcpErrorCodeSchema>;

/** An error as it crosses the wire and as a failed connection keeps it: no stack, no cause, no secret. */
export const errorInfoSchema = z.object({
  code: mcpErrorCodeSchema,
  /** What happened, for the person in front of the page. */
  message: z.string(),
  /** What to do next. */
  hint: z.string(),
  /** Whether the same call may succeed later without anybody changing anything. */
  retryable: z.boolean(),
  /** ms after which the same call goes, where that is known. A day at most. */
  retryAfter: z.number().int().min(0).max(86_400_000).optional(),
});

export type ErrorInfo = z.infer<typeof errorInfoSchema>;
