import { ConfigurationError, type Mcp } from "@mcp-assistant/core";
import { errorCatalogue, type McpErrorCode, McpSessionError, parseUrl } from "@mcp-assistant/protocol";
import { TRPCError } from "@trpc/server";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import { TRPC_ERROR_CODES_BY_KEY } from "@trpc/server/rpc";
import { mcpErrorFormatter, retryAfterHeader, trpcErrorOf } from "../../router/errors.js";

/** Why a request is refused before it reaches a procedure or page. Its cause is our own error. */
export class Refusal extends TRPCError {
  readonly info: McpSessionError;
  /** The allowed methods, if the method was wrong. */
  readonly allowed: readonly string[] | undefined;

  constructor(code: TRPCError["code"], { allowed, error = "REQUEST_REFUSED", ...info }: RefusalOptions) {
    const cause = new McpSessionError({ retryable: false, ...info, code: error });
    super({ code, message: cause.message, cause });
    this.info = cause;
    this.allowed = allowed;
  }
}

interface RefusalOptions {
  message: string;
  hint: string;
  operatorHint?: string | undefined;
  error?: McpErrorCode;
  retryable?: boolean;
  retryAfter?: number | undefined;
  allowed?: readonly string[];
}

export const notFound = ({ basePath }: Pick<Mcp, "basePath">) =>
  new Refusal("NOT_FOUND", {
    message: "There is nothing at this address",
    hint: "Check the path: it is case-sensitive and must have no extra slash.",
    operatorHint: `The handler serves addresses below ${basePath}. To mount it elsewhere, set basePath in createMcp.`,
  });

/** `mounted`: the path at which the request has found the handler. */
export const mountedElsewhere = ({ basePath }: Pick<Mcp, "basePath">, mounted: string) =>
  new Refusal("NOT_FOUND", {
    message: "There is nothing at this address",
    hint: "Contact the people who run this app.",
    operatorHint: `The handler gets requests at ${mounted}, but its links lead to ${basePath}. Set basePath in createMcp to its path in the browser, or mount it at ${basePath}.`,
  });

export const reboundHost = (baseUrl: string) =>
  new Refusal("FORBIDDEN", {
    message: "This app is not served at this host name",
    hint: `Use it at ${baseUrl}.`,
    operatorHint: "Set baseUrl to the address that people open. A proxy must pass on the Host header unchanged.",
  });

export const wrongMethod = (allowed: readonly string[]) =>
  new Refusal("METHOD_NOT_SUPPORTED", {
    message: "This address does not accept this method",
    hint: `Use ${allowed.join(" or ")}.`,
    allowed,
  });

export const crossOrigin = (baseUrl: string, origin: string | null) =>
  new Refusal("FORBIDDEN", {
    message: "This request does not come from the app's own pages",
    hint: `Use the app at ${baseUrl}.`,
    operatorHint:
      origin !== null && parseUrl(origin)?.origin === origin
        ? `The page is at ${origin}, and baseUrl is ${baseUrl}. If the page is the app's own, set baseUrl in createMcp to its address.`
        : "Non-browser clients must send an Authorization header and no cookies.",
  });

export const wrongType = () =>
  new Refusal("UNSUPPORTED_MEDIA_TYPE", {
    message: "This address accepts only JSON",
    hint: "Send it with the header Content-Type: application/json.",
  });

export const tooLarge = (limit: number) =>
  new Refusal("PAYLOAD_TOO_LARGE", {
    message: `The request is too large: at most ${limit} bytes are allowed`,
    hint: "Send less at a time.",
  });

export const brokenBody = () =>
  new Refusal("BAD_REQUEST", { message: "The request arrived incomplete", hint: "Send it again." });

export const unreadable = () =>
  new Refusal("BAD_REQUEST", {
    message: "This request cannot be read",
    hint: "Send it with a method and headers that a web request can have.",
  });

/** An error of the app or of ours. It may hold secrets, so the log alone says more. */
export const failed = () =>
  new Refusal("INTERNAL_SERVER_ERROR", {
    error: "INTERNAL",
    message: "Something went wrong in the app",
    hint: errorCatalogue.INTERNAL.hint,
  });

/** An invalid or missing option that stops every request, as a refusal that names it. */
export const misconfigured = (error: McpSessionError) => {
  const { code, message, hint, operatorHint } = error.toJSON();
  return new Refusal("PRECONDITION_FAILED", { error: code, message, hint, operatorHint });
};

/** An error of core that stops a whole answer, as a refusal that says the same. */
export const refusedFor = (error: McpSessionError) => {
  const { code, authUrl: _none, ...info } = error.toJSON();
  return new Refusal(trpcErrorOf(error).code, { ...info, error: code });
};

export const bodyAlreadyRead = () =>
  misconfigured(
    new ConfigurationError(
      "Something in front of the handler has read the body of the request and kept nothing of it",
      "Mount the handler before it, or let it keep the body in req.body or req.rawBody.",
    ),
  );

/** How a refusal is written for those who read it. */
export type WriteRefusal = (refusal: Refusal, init: { status: number; headers: Headers }) => Response;

/** One line of text, and one for the app's operator. */
export const asText: WriteRefusal = ({ message, info }, { status, headers }) => {
  headers.set("content-type", "text/plain; charset=utf-8");
  const forOperator = info.operatorHint ? `For the app's operator: ${info.operatorHint}\n` : "";
  return new Response(`${message}. ${info.hint}\n${forOperator}`, { status, headers });
};

/** tRPC's format, for tRPC clients. */
export const asTrpc: WriteRefusal = (error, { status, headers }) => {
  const { code, message } = error;
  const shape = { message, code: TRPC_ERROR_CODES_BY_KEY[code], data: { code, httpStatus: status } };
  return Response.json({ error: mcpErrorFormatter({ shape, error }) }, { status, headers });
};

export function refusalResponse(error: Refusal, write: WriteRefusal): Response {
  const { allowed } = error;
  const headers = new Headers({ ...(allowed ? { allow: allowed.join(", ") } : {}), ...retryAfterHeader(error.info) });
  return write(error, { status: getHTTPStatusCodeFromError(error), headers });
}
