import * as z from "zod";
import { authUrlSchema } from "./auth-url.js";

/**
 * Every error code, by cause, with its HTTP status. A code never changes its meaning, so callers can `switch` on it.
 * Only temporary errors are a 5xx, because in a stream a 5xx makes the client reconnect forever.
 */
export const errorStatuses = {
  /** An argument is not valid. The message names it. */
  INVALID_INPUT: 400,
  /** The app refused the request unread: it comes from another site, or has a wrong address, method, type or size. */
  REQUEST_REFUSED: 403,
  /** An option or environment variable is invalid. */
  CONFIGURATION_INVALID: 412,
  /** No user is signed in to the app. */
  UNAUTHENTICATED: 401,
  /** The user who is signed in to the app is not the one for whom the event stream was opened. */
  USER_CHANGED: 409,
  /** The app's own authentication returned an invalid user id. */
  USER_ID_INVALID: 412,
  /** Also used for another user's session, so that a caller cannot tell the two apart. */
  SESSION_NOT_FOUND: 404,
  /** Another connection of the user has this serverId but another URL. */
  SESSION_CONFLICT: 409,
  /** The stored session cannot be read by this version, or with its keys. */
  SESSION_UNREADABLE: 422,
  /** A state change that is not in the table of legal moves. */
  ILLEGAL_MOVE: 409,
  /** A limit of this app was reached. The message names it. See {@link statusOf} for one of the whole process. */
  LIMIT_EXCEEDED: 412,
  /** Too many requests of one kind in too short a time, over all processes. `retryAfter` says when to try again. */
  RATE_LIMITED: 429,
  /** The storage did not answer in time, or cannot write. */
  STORE_UNAVAILABLE: 503,
  /** Not an http(s) URL, or one that carries credentials. */
  SERVER_URL_INVALID: 400,
  /** A URL with an address that this app does not dial. */
  SERVER_URL_FORBIDDEN: 400,
  /** The server or its authorization server could not be reached. */
  SERVER_UNREACHABLE: 502,
  /** The server answered with an error of its own. */
  SERVER_ERROR: 422,
  /** The server at the URL does not speak MCP. */
  NOT_MCP: 422,
  /** The server did not finish the handshake within the limit. */
  CONNECT_TIMEOUT: 408,
  /** The server did not answer a request within the limit. */
  REQUEST_TIMEOUT: 408,
  /** The connection's tools cannot be used in its current state. */
  NOT_CONNECTED: 412,
  /** The process that worked on the connection ended before it had finished. */
  INTERRUPTED: 412,
  /** It was cancelled, or something newer replaced it. */
  CANCELLED: 499,
  /** The server requires the user to sign in, or to sign in again. */
  AUTHORIZATION_REQUIRED: 412,
  /** Discovery, registration or the exchange of the code failed. */
  AUTHORIZATION_FAILED: 422,
  /**
   * Signed in, but without a permission that the server requires for this (RFC 6750 §3.1 `insufficient_scope`).
   * Everything else still works.
   */
  SCOPE_REQUIRED: 412,
  /** The user declined. */
  ACCESS_DENIED: 403,
  /** The server does not accept the Authorization header that the user gave. */
  HEADERS_REFUSED: 412,
  /** A callback that does not belong to an open attempt of this user and browser. */
  INVALID_STATE: 400,
  /** The server has no tool of this name. */
  TOOL_NOT_FOUND: 404,
  /** The server has no resource of this URI. */
  RESOURCE_NOT_FOUND: 404,
  /** The server does not offer what was asked of it, such as resources or prompts. */
  NOT_SUPPORTED: 422,
  /** Raised in the browser: the app did not answer at all. */
  APP_UNREACHABLE: 503,
  /** An unexpected error. */
  INTERNAL: 500,
} as const;

export type McpErrorCode = keyof typeof errorStatuses;

// TypeScript types the keys of an object as `string[]`.
export const mcpErrorCodeSchema = z.enum(Object.keys(errorStatuses) as McpErrorCode[]);

/** An error as sent over the wire and stored in a failed connection: it has no stack, cause or secrets. */
export const errorInfoSchema = z.object({
  code: mcpErrorCodeSchema,
  /** What happened, for the user. */
  message: z.string(),
  /** What to do next. */
  hint: z.string(),
  /** What the people who run or build the app can do. It may name options and addresses, never a secret. */
  operatorHint: z.string().optional(),
  /** Whether the same call may succeed later without any change. */
  retryable: z.boolean(),
  /** ms after which the same call may succeed, if known. At most a day. */
  retryAfter: z.number().int().min(0).max(86_400_000).optional(),
  /** Our own sign-in page for the connection, if a sign-in is what it needs. */
  authUrl: authUrlSchema.optional(),
});

export type ErrorInfo = z.infer<typeof errorInfoSchema>;

/**
 * The HTTP status of an error. It is that of its code, or 503 if a limit of the whole process was reached: such an error
 * says when there may be room again.
 */
export function statusOf({ code, retryAfter }: Pick<ErrorInfo, "code" | "retryAfter">) {
  return code === "LIMIT_EXCEEDED" && retryAfter !== undefined ? 503 : errorStatuses[code];
}
