import { type McpErrorCode, McpSessionError } from "@mcp-assistant/protocol";
import { TRPCError } from "@trpc/server";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import { TRPC_ERROR_CODES_BY_KEY } from "@trpc/server/rpc";
import { mcpErrorFormatter } from "../../router/errors.js";

/** Why a request is refused before it reaches a procedure or page. Its cause is our own error. */
export class Refusal extends TRPCError {
  readonly info: McpSessionError;
  /** The allowed methods, if the method was wrong. */
  readonly allowed: readonly string[] | undefined;

  constructor(code: TRPCError["code"], { allowed, error = "REQUEST_REFUSED", ...info }: RefusalOptions) {
    const cause = new McpSessionError({ ...info, code: error, retryable: false });
    super({ code, message: cause.message, cause });
    this.info = cause;
    this.allowed = allowed;
  }
}

interface RefusalOptions {
  message: string;
  hint: string;
  error?: McpErrorCode;
  allowed?: readonly string[];
}

export const notFound = () =>
  new Refusal("NOT_FOUND", {
    message: "There is nothing at this address",
    hint: "Write it exactly: no slash too many, and upper and lower case as documented.",
  });

export const reboundHost = (baseUrl: string) =>
  new Refusal("FORBIDDEN", {
    message: "This app is not reached under this name",
    hint: `Use it at ${baseUrl}. Behind a proxy, set baseUrl to the address that people see.`,
  });

export const wrongMethod = (allowed: readonly string[]) =>
  new Refusal("METHOD_NOT_SUPPORTED", {
    message: "This address does not take requests of this method",
    hint: `Use ${allowed.join(" or ")}.`,
    allowed,
  });

export const crossOrigin = (baseUrl: string) =>
  new Refusal("FORBIDDEN", {
    message: "This request does not come from the app's own pages",
    hint: `Use the app at ${baseUrl}. A client that is no browser sends no cookies, but an Authorization header.`,
  });

export const wrongType = () =>
  new Refusal("UNSUPPORTED_MEDIA_TYPE", {
    message: "This address takes JSON alone",
    hint: "Send it with the header Content-Type: application/json.",
  });

export const tooLarge = (limit: number) =>
  new Refusal("PAYLOAD_TOO_LARGE", {
    message: `A request may hold ${limit} bytes, and this one is longer`,
    hint: "Send less at once.",
  });

export const brokenBody = () =>
  new Refusal("BAD_REQUEST", { message: "The request did not arrive whole", hint: "Send it again." });

/** An invalid or missing option that stops every request, as a refusal that names it. */
export const misconfigured = ({ code, message, hint }: McpSessionError) =>
  new Refusal("PRECONDITION_FAILED", { error: code, message, hint });

/** A refusal as a response: in tRPC's format for tRPC clients, otherwise one line of text. */
export function refusalResponse(error: Refusal, { asTrpc }: { asTrpc: boolean }): Response {
  const { code, message, info, allowed } = error;
  const status = getHTTPStatusCodeFromError(error);
  const headers = new Headers(allowed ? { allow: allowed.join(", ") } : {});
  if (!asTrpc) {
    headers.set("content-type", "text/plain; charset=utf-8");
    return new Response(`${message}. ${info.hint}\n`, { status, headers });
  }
  const shape = { message, code: TRPC_ERROR_CODES_BY_KEY[code], data: { code, httpStatus: status } };
  return Response.json({ error: mcpErrorFormatter({ shape, error }) }, { status, headers });
}
