import {
  type ErrorInfo,
  type errorStatuses,
  invalidInput,
  isMcpSessionError,
  type McpErrorCode,
  McpSessionError,
  statusOf,
} from "@mcp-assistant/protocol";
import { TRPCError } from "@trpc/server";
import { ZodError } from "zod";
import { UserNotKnownError } from "../stream/current-user.js";

type Status = (typeof errorStatuses)[McpErrorCode];

/** The tRPC error code for each of our HTTP statuses. */
const trpcCodes: Readonly<Record<Status, TRPCError["code"]>> = {
  400: "BAD_REQUEST",
  401: "UNAUTHORIZED",
  403: "FORBIDDEN",
  404: "NOT_FOUND",
  408: "TIMEOUT",
  409: "CONFLICT",
  412: "PRECONDITION_FAILED",
  422: "UNPROCESSABLE_CONTENT",
  429: "TOO_MANY_REQUESTS",
  499: "CLIENT_CLOSED_REQUEST",
  500: "INTERNAL_SERVER_ERROR",
  502: "BAD_GATEWAY",
  503: "SERVICE_UNAVAILABLE",
};

/** Converts one of our errors to a tRPC error that has it as its cause. Any other error is returned unchanged. */
export function toTrpcError(error: TRPCError): TRPCError {
  const cause = error.code === "BAD_REQUEST" ? inputRefusal(error.cause) : error.cause;
  return isMcpSessionError(cause) ? trpcErrorOf(cause) : error;
}

/** What is wrong with an input. If parsing itself failed, for example on an invalid length, it gives no details. */
function inputRefusal(cause: unknown): unknown {
  if (isMcpSessionError(cause)) return cause;
  if (cause instanceof ZodError) return invalidInput(cause);
  return new McpSessionError({
    code: "INVALID_INPUT",
    message: "The input cannot be read",
    hint: "Correct it and try again.",
    operatorHint: "If a body parser such as express.json() runs before this handler, turn it off for this path.",
    retryable: false,
  });
}

/** A tRPC error with our error as its cause. */
export function trpcErrorOf(cause: McpSessionError): TRPCError {
  const info = cause.toJSON();
  return new TRPCError({ code: trpcCodes[statusOf(info)], message: info.message, cause });
}

/**
 * The tRPC error for an error while a user is looked up or their events are read. If the app could not tell who is signed
 * in, this is a 5xx, which makes the client reopen the stream.
 */
export function userError(error: unknown): unknown {
  if (isMcpSessionError(error)) return trpcErrorOf(error);
  if (!(error instanceof UserNotKnownError)) return error;
  const { message, cause } = error;
  return new TRPCError({ code: "INTERNAL_SERVER_ERROR", message, cause });
}

/** `Retry-After` (RFC 9110 §10.2.3) for an error that says when to try again. */
export function retryAfterHeader(error: { retryAfter?: number | undefined }): Record<string, string> {
  return error.retryAfter === undefined ? {} : { "retry-after": String(Math.ceil(error.retryAfter / 1_000)) };
}

/**
 * For the host's `responseMeta`: sets the header `Retry-After` on a response that says when to try again. A batch gets
 * the longest wait. A stream's headers are sent before its errors, so there the errors carry the wait.
 */
export function mcpResponseMeta({ errors }: { errors: readonly TRPCError[] }): { headers: Record<string, string> } {
  const waits = errors.flatMap(({ cause }) => (isMcpSessionError(cause) ? (cause.retryAfter ?? []) : []));
  return { headers: waits.length > 0 ? retryAfterHeader({ retryAfter: Math.max(...waits) }) : {} };
}

/**
 * For the host's `errorFormatter`: adds `data.mcp`, which holds our error's code, message and hint, and whether and
 * when to retry. Without it the browser still gets tRPC's code and our message.
 */
export function mcpErrorFormatter<TShape extends { message: string; data: object }>({
  shape,
  error,
}: {
  shape: TShape;
  error: TRPCError;
}) {
  const cause = isMcpSessionError(error.cause) ? error.cause : undefined;
  const mcp = cause?.toJSON() ?? null;
  // The text of an unexpected error may hold secrets, such as a database's address, so it stays on the server.
  const unexpected = mcp === null && error.code === "INTERNAL_SERVER_ERROR";
  const told = mcp && shape.message === cause?.message ? mcp.message : shape.message;
  const message = unexpected ? "Something went wrong in the app" : told;
  return { ...shape, message, data: { ...shape.data, mcp } };
}

/**
 * The same for an app that has only our procedures. There, an error without one of ours is tRPC's own refusal of a
 * request that reached no procedure. Its text repeats the request and the engine's error, so it is replaced.
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
    hint: "Reload the page. The app may have been updated.",
    retryable: false,
  };
  return { ...formatted, message: mcp.message, data: { ...formatted.data, mcp } };
}
