import { type ErrorInfo, errorCatalogue, type McpErrorCode, McpSessionError } from "@mcp-assistant/protocol";

/** Without a `hint`, an error has the one of its code in the catalogue. */
type Details = Omit<ErrorInfo, "code" | "hint"> & { hint?: string; cause?: unknown };

/** An error class for one code. The code is a literal type, so that `switch (error.code)` narrows. */
function errorClass<TCode extends McpErrorCode>(code: TCode) {
  return class extends McpSessionError<TCode> {
    static override readonly code = code;
    constructor(details: Details) {
      super({ code, hint: errorCatalogue[code].hint, ...details });
    }
  };
}

/** An invalid option or environment variable. The message names it, and the hint says how to fix it. */
export class ConfigurationError extends errorClass("CONFIGURATION_INVALID") {
  constructor(message: string, hint: string) {
    super({ message, hint, retryable: false });
  }

  override toJSON(): ErrorInfo {
    return forUser(this, "This app is not set up correctly");
  }
}

/**
 * A mistake in the app's own code or configuration, as it leaves the server. The developer who reads the error sees its
 * message and hint; the user sees neither, and the operator finds both in the `operatorHint`.
 */
function forUser({ code, message, hint, retryable }: McpSessionError, toUser: string): ErrorInfo {
  const operatorHint = `${message}. ${hint}`;
  return { code, message: toUser, hint: "Contact the people who run this app.", operatorHint, retryable };
}

/** The session does not exist, has expired or belongs to another user: from outside, these look the same. */
export class SessionNotFoundError extends errorClass("SESSION_NOT_FOUND") {
  constructor() {
    super({
      message: "Session not found",
      hint: "Reload the page. It may have been removed, or you may be signed in to another account.",
      retryable: false,
    });
  }
}

/** The user already has a connection with this serverId but another URL. */
export class SessionConflictError extends errorClass("SESSION_CONFLICT") {}

const unreadable = {
  record: {
    message: "The saved data of this connection cannot be read",
    hint: "Remove the connection and add it again.",
    operatorHint: "A newer version of this app may have written it. That version can still read it.",
  },
  "sign-in": {
    message: "Your saved sign-in cannot be read",
    hint: "Sign in again.",
    operatorHint: "If this happens to every user, a key is missing from encryptionKeys.",
  },
} as const;

/** This version, or its keys, cannot read what is stored for a session. The error reveals nothing of the content. */
export class SessionUnreadableError extends errorClass("SESSION_UNREADABLE") {
  constructor(what: "record" | "sign-in", sessionId: string, cause?: unknown) {
    super({
      ...unreadable[what],
      operatorHint: `Session ${sessionId}: ${unreadable[what].operatorHint}`,
      retryable: false,
      cause,
    });
  }
}

/** A state change that the table of legal moves does not allow. Always a bug in the caller. */
export class IllegalMoveError extends errorClass("ILLEGAL_MOVE") {}

const storeTroubles = {
  away: {
    message: "This app's storage cannot be reached",
    hint: "Try again in a moment.",
    operatorHint: "Check that Redis is running, that this app can reach it, and that it accepts writes.",
  },
  full: {
    message: "This app's storage is full, so nothing can be changed",
    hint: "Contact the people who run this app.",
    operatorHint: "Redis is out of memory. Free some, or raise its maxmemory.",
  },
} as const;

/** Redis did not answer in time, or cannot write. Nothing is known to be lost, and the same call can be repeated. */
export class StoreUnavailableError extends errorClass("STORE_UNAVAILABLE") {
  constructor(cause: unknown, trouble: keyof typeof storeTroubles = "away") {
    super({ ...storeTroubles[trouble], retryable: true, cause });
  }
}

/** A limit of this app has been reached. The message names it. */
export class LimitExceededError extends errorClass("LIMIT_EXCEEDED") {}

/** After how long (ms) a busy process is worth another try. */
const busyMs = 2_000;

/** This process has no room for what was asked, and has not begun it. `why` completes the sentence. */
export const processBusy = (why: string, operatorHint: string) =>
  new LimitExceededError({
    message: `This app is busy: ${why}`,
    hint: `Try again in ${busyMs / 1_000} seconds.`,
    operatorHint,
    retryable: true,
    retryAfter: busyMs,
  });

/** Whether an error says only that this app has no room at the moment. Then it says nothing of any server. */
export const isLackOfRoom = ({ code, retryable }: Pick<ErrorInfo, "code" | "retryable">) =>
  code === "LIMIT_EXCEEDED" && retryable;

/** The user does this too often, counted across all processes. Nothing was started; retry after `retryAfter` (ms). */
export class RateLimitedError extends errorClass("RATE_LIMITED") {
  constructor(message: string, retryAfter: number, operatorHint?: string) {
    const ms = Math.max(Math.ceil(retryAfter), 1);
    const seconds = Math.ceil(ms / 1_000);
    const hint = `Try again in ${seconds} second${seconds === 1 ? "" : "s"}.`;
    super({ message, hint, ...(operatorHint ? { operatorHint } : {}), retryable: true, retryAfter: ms });
  }
}

/** An unusable user id. This is a bug in the app, whose own authentication supplies the id. */
export class UserIdInvalidError extends errorClass("USER_ID_INVALID") {
  override toJSON(): ErrorInfo {
    return forUser(this, "This app cannot tell who you are");
  }
}

/** Not an http(s) URL, or one that contains credentials. */
export class ServerUrlInvalidError extends errorClass("SERVER_URL_INVALID") {}

/** A URL whose host is, or resolves to, an address that this app does not dial. */
export class ServerUrlForbiddenError extends errorClass("SERVER_URL_FORBIDDEN") {}

/** The server, or its authorization server, could not be reached. */
export class ServerUnreachableError extends errorClass("SERVER_UNREACHABLE") {}

/** The server was reached and answered with an error of its own. */
export class ServerError extends errorClass("SERVER_ERROR") {}

/** What answers at the URL does not speak MCP. */
export class NotMcpError extends errorClass("NOT_MCP") {}

/** The server did not finish the handshake within the limit. */
export class ConnectTimeoutError extends errorClass("CONNECT_TIMEOUT") {}

/** The server did not answer a request within the limit. */
export class RequestTimeoutError extends errorClass("REQUEST_TIMEOUT") {}

/** The connection is not in a state in which its tools can be used. */
export class NotConnectedError extends errorClass("NOT_CONNECTED") {}

/** The process working on the connection ended before it was done. The sign-in is kept. */
export class InterruptedError extends errorClass("INTERRUPTED") {}

/** It was cancelled, or something newer replaced it. */
export class CancelledError extends errorClass("CANCELLED") {}

/** The caller has aborted its signal. */
export const callerGone = () =>
  new CancelledError({ message: "The request was cancelled", hint: "Try again.", retryable: true });

/** The server wants the user to sign in, or to sign in again. */
export class AuthorizationRequiredError extends errorClass("AUTHORIZATION_REQUIRED") {
  /** Our own sign-in page for the connection. Every such error that leaves this package has it. */
  declare readonly authUrl: string;
}

/** Discovery, registration or the exchange of the code failed. */
export class AuthorizationFailedError extends errorClass("AUTHORIZATION_FAILED") {}

/**
 * The server wants a permission that the sign-in does not have (RFC 6750 §3.1 `insufficient_scope`). Repeat the call
 * after granting it: calls are not repeated automatically.
 */
export class ScopeRequiredError extends errorClass("SCOPE_REQUIRED") {}

/**
 * The server does not accept the Authorization header that the user supplied. A new header helps; a sign-in does not.
 */
export class HeadersRefusedError extends errorClass("HEADERS_REFUSED") {}

/** The user declined. */
export class AccessDeniedError extends errorClass("ACCESS_DENIED") {}

/** Why a callback is refused, and the text that the user sees. */
const invalidStates = {
  unknown: "This sign-in link is not valid, or has expired",
  expired: "This sign-in has timed out",
  foreign: "This sign-in was started in another browser or by another user",
  overtaken: "This sign-in was cancelled, or completed in another window",
  issuer: "This sign-in came back from a different server than it went to",
  repeated: "This sign-in came back with the same parameter twice",
} as const;

export type InvalidStateReason = keyof typeof invalidStates;

/** The texts of {@link InvalidStateReason}, for the page that shows one. */
export const invalidStateReasons: ReadonlyMap<string, string> = new Map(Object.entries(invalidStates));

/** A callback that does not belong to an open attempt of this user and browser. Nothing was changed. */
export class InvalidStateError extends errorClass("INVALID_STATE") {
  readonly reason: InvalidStateReason;
  /** The attempt that was overtaken. Its page says what overtook it. */
  readonly attemptId: string | undefined;

  constructor(reason: InvalidStateReason, cause?: unknown, attemptId?: string) {
    super({
      message: invalidStates[reason],
      hint: "Return to the app and sign in from there.",
      retryable: false,
      cause,
    });
    this.reason = reason;
    this.attemptId = attemptId;
  }
}

/** The server has no tool of this name. */
export class ToolNotFoundError extends errorClass("TOOL_NOT_FOUND") {}

/** The server has no resource of this URI. */
export class ResourceNotFoundError extends errorClass("RESOURCE_NOT_FOUND") {}

/** The server does not offer what was asked of it. It was not asked, unless it had said that it does. */
export class NotSupportedError extends errorClass("NOT_SUPPORTED") {}
