import {
  type ErrorInfo,
  invalidInput,
  isMcpSessionError,
  type McpErrorCode,
  McpSessionError,
} from "@mcp-assistant/protocol";
import { TRPCError } from "@trpc/server";
import { ZodError } from "zod";
import { UserNotKnownError } from "../stream/current-user.js";

type TrpcCode = TRPCError["code"];

/**
 * What each cause is for tRPC, and by that for HTTP. Only what passes by itself is a 5xx: in a stream a 5xx makes the
 * client reconnect for ever.
 */
const trpcCodes: Readonly<Record<McpErrorCode, TrpcCode>> = {
  INVALID_INPUT: "BAD_REQUEST",
  REQUEST_REFUSED: "FORBIDDEN",
  CONFIGURATION_INVALID: "PRECONDITION_FAILED",
  UNAUTHENTICATED: "UNAUTHORIZED",
  USER_CHANGED: "CONFLICT",
  USER_ID_INVALID: "PRECONDITION_FAILED",
  SESSION_NOT_FOUND: "NOT_FOUND",
  SESSION_CONFLICT: "CONFLICT",
  SESSION_UNREADABLE: "UNPROCESSABLE_CONTENT",
  ILLEGAL_MOVE: "CONFLICT",
  LIMIT_EXCEEDED: "PRECONDITION_FAILED",
  RATE_LIMITED: "TOO_MANY_REQUESTS",
  STORE_UNAVAILABLE: "SERVICE_UNAVAILABLE",
  SERVER_URL_INVALID: "BAD_REQUEST",
  SERVER_URL_FORBIDDEN: "BAD_REQUEST",
  SERVER_UNREACHABLE: "BAD_GATEWAY",
  SERVER_ERROR: "UNPROCESSABLE_CONTENT",
  NOT_MCP: "UNPROCESSABLE_CONTENT",
  CONNECT_TIMEOUT: "TIMEOUT",
  REQUEST_TIMEOUT: "TIMEOUT",
  NOT_CONNECTED: "PRECONDITION_FAILED",
  INTERRUPTED: "PRECONDITION_FAILED",
  CANCELLED: "CLIENT_CLOSED_REQUEST",
  AUTHORIZATION_REQUIRED: "PRECONDITION_FAILED",
  AUTHORIZATION_FAILED: "UNPROCESSABLE_CONTENT",
  SCOPE_REQUIRED: "PRECONDITION_FAILED",
  ACCESS_DENIED: "FORBIDDEN",
  HEADERS_REFUSED: "PRECONDITION_FAILED",
  INVALID_STATE: "BAD_REQUEST",
  TOOL_NOT_FOUND: "NOT_FOUND",
  APP_UNREACHABLE: "SERVICE_UNAVAILABLE",
  INTERNAL: "INTERNAL_SERVER_ERROR",
};

/** Our error as tRPC's, with ours as its cause; every other error as it is. */
export function toTrpcError(error: TRPCError): TRPCError {
  const cause = error.code === "BAD_REQUEST" ? inputRefusal(error.cause) : error.cause;
  return isMcpSessionError(cause) ? trpcErrorOf(cause) : error;
}

/** What is wrong with an input; of one that even stops its reader, such as a length that is no number, nothing more. */
function inputRefusal(cause: unknown): unknown {
  if (isMcpSessionError(cause)) return cause;
  if (cause instanceof ZodError) return invalidInput(cause);
  return new McpSessionError({
    code: "INVALID_INPUT",
    message: "The input cannot be read",
    hint: "Correct it and try again.",
    retryable: false,
  });
}

/** Our error as tRPC's, which has it as its cause. */
export function trpcErrorOf(cause: McpSessionError): TRPCError {
  return new TRPCError({ code: trpcCodes[cause.code], message: cause.message, cause });
}

/**
 * What a stream of events ends with, as tRPC's. An app that could not say who is signed in is a 5xx, which makes a client
 * open the stream again.
 */
export function streamError(error: unknown): unknown {
  if (isMcpSessionError(error)) return trpcErrorOf(error);
  if (!(error instanceof UserNotKnownError)) return error;
  const { message, cause } = error;
  return new TRPCError({ code: "INTERNAL_SERVER_ERROR", message, cause });
}

/** `Retry-After` (RFC 9110 §10.2.3) for an error that says when the same goes again. */
export function retryAfterHeader(error: { retryAfter?: number | undefined }): Record<string, string> {
  return error.retryAfter === undefined ? {} : { "retry-after": String(Math.ceil(error.retryAfter / 1_000)) };
}

/**
 * For the host's `responseMeta`: the header `Retry-After` when something was done too often; of a batch, the longest. A
 * stream has begun before its errors, and tells it in them.
 */
export function mcpResponseMeta({ errors }: { errors: readonly TRPCError[] }): { headers: Record<string, string> } {
  const waits = errors.flatMap(({ cause }) => (isMcpSessionError(cause) ? (cause.retryAfter ?? []) : []));
  return { headers: waits.length > 0 ? retryAfterHeader({ retryAfter: Math.max(...waits) }) : {} };
}

/**
 * For the host's `errorFormatter`: adds `data.mcp`, our error's code, message, hint and whether to retry, and when. Without it
 * the browser still gets tRPC's code and our message.
 */
export function mcpErrorFormatter<TShape extends { message: string; data: object }>({
  shape,
  error,
}: {
  shape: TShape;
  error: TRPCError;
}) {
  const mcp = isMcpSessionError(error.cause) ? error.cause.toJSON() : null;
  // What nobody foresaw may hold anything, such as a database's address: its text stays on the server.
  const unforeseen = mcp === null && error.code === "INTERNAL_SERVER_ERROR";
  return { ...shape, ...(unforeseen ? { message: "The app ran into a problem" } : {}), data: { ...shape.data, mcp } };
}

/**
 * The same for an app whose procedures are all ours. What comes without an error of ours is then tRPC's own refusal of a
 * request that reached none of them: its words repeat what was sent, and the engine's that read it.
 */
export function appErrorFormatter<TShape extends { message: string; data: object }>(failed: {
  shape: TShape;
  error: TRPCError;
}) {
  const formatted = mcpErrorFormatter(failed);
  if (formatted.data.mcp || failed.error.code === "INTERNAL_SERVER_ERROR") return formatted;
  const mcp: ErrorInfo = {
    code: "INVALID_INPUT",
    message: "The app cannot read this request",
    hint: "Reload the page: it may be of another version of the app.",
    retryable: false,
  };
  return { ...formatted, message: mcp.message, data: { ...formatted.data, mcp } };
}
