import {
  type ErrorInfo,
  errorStatuses,
  invalidInput,
  isMcpSessionError,
  type McpErrorCode,
  McpSessionError,
} from "@mcp-assistant/protocol";
import { TRPCError } from "@trpc/server";
import { ZodError } from "zod";
import { UserNotKnownError } from "../stream/current-user.js";

type Status = (typeof errorStatuses)[McpErrorCode];

/** What tRPC calls each HTTP status of ours. */
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
  return new TRPCError({ code: trpcCodes[errorStatuses[cause.code]], message: cause.message, cause });
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
