import * as z from "zod";

/**
 * Everything that can go wrong, by cause, with the HTTP status of an answer that tells of it. A code never changes its
 * meaning, so that callers may `switch` on it. Only what passes by itself is a 5xx: in a stream a 5xx makes the client
 * reconnect for ever.
 */
export const errorStatuses = {
  /** An argument is not valid; the message names it. */
  INVALID_INPUT: 400,
  /** The app took no look at the request, for what it is: from another site, or of a wrong address, method, type or size. */
  REQUEST_REFUSED: 403,
  /** An option or environment variable cannot work. */
  CONFIGURATION_INVALID: 412,
  /** Nobody is signed in to the app. */
  UNAUTHENTICATED: 401,
  /** Somebody else is signed in to the app than the one for whom an event stream was opened. */
  USER_CHANGED: 409,
  /** The app's own authentication gave something that is no user id. */
  USER_ID_INVALID: 412,
  /** Also stands for another user's session: the two cannot be told apart from outside. */
  SESSION_NOT_FOUND: 404,
  /** Another connection of the user has this serverId but another URL. */
  SESSION_CONFLICT: 409,
  /** What is stored of a session cannot be read by this version, or with its keys. */
  SESSION_UNREADABLE: 422,
  /** A state change that the table of legal moves does not have. */
  ILLEGAL_MOVE: 409,
  /** A limit of this app, which the message names. */
  LIMIT_EXCEEDED: 412,
  /** Too many of one kind in too short a time, in all processes together; `retryAfter` says when it goes again. */
  RATE_LIMITED: 429,
  /** The storage did not answer in time, or cannot write. */
  STORE_UNAVAILABLE: 503,
  /** Not an http(s) URL, or one that carries credentials. */
  SERVER_URL_INVALID: 400,
  /** A URL whose address this app does not dial. */
  SERVER_URL_FORBIDDEN: 400,
  /** No connection to the server, or to its authorization server, could be made. */
  SERVER_UNREACHABLE: 502,
  /** The server answered with an error of its own. */
  SERVER_ERROR: 422,
  /** What answers at the URL does not speak MCP. */
  NOT_MCP: 422,
  /** The server did not finish the handshake within the limit. */
  CONNECT_TIMEOUT: 408,
  /** The server did not answer a request within the limit. */
  REQUEST_TIMEOUT: 408,
  /** The connection is not in a state in which its tools can be used. */
  NOT_CONNECTED: 412,
  /** The process that worked on the connection ended before it was done. */
  INTERRUPTED: 412,
  /** Somebody cancelled it, or something newer took its place. */
  CANCELLED: 499,
  /** The server wants the user to sign in, or to sign in again. */
  AUTHORIZATION_REQUIRED: 412,
  /** Discovery, registration or the exchange of the code failed. */
  AUTHORIZATION_FAILED: 422,
  /**
   * Signed in, but without a permission that the server wants for this (RFC 6750 §3.1 `insufficient_scope`); the rest goes
   * on working.
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
  /** The browser's own: the app did not answer at all. */
  APP_UNREACHABLE: 503,
  /** What nobody foresaw. */
  INTERNAL: 500,
} as const;

export type McpErrorCode = keyof typeof errorStatuses;

// TypeScript takes the keys of an object for any text.
export const mcpErrorCodeSchema = z.enum(Object.keys(errorStatuses) as McpErrorCode[]);

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
