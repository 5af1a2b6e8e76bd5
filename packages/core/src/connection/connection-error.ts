import { isMcpSessionError, type McpSessionError } from "@mcp-assistant/protocol";
import {
  InsufficientScopeError,
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  UnauthorizedError,
} from "@modelcontextprotocol/client";
import { ScopeChallengeError } from "../authorization/step-up.js";
import {
  AuthorizationRequiredError,
  CancelledError,
  ConnectTimeoutError,
  NotMcpError,
  RequestTimeoutError,
  ServerError,
} from "../errors.js";

interface Circumstances {
  url: URL;
  step: "connect" | "request";
  /** The limit that the step had. */
  seconds: number;
  /** The scope of the sign-in that was used. */
  grantedScope: string | null;
}

/**
 * What went wrong between us and a server, as one of our errors. Texts of the SDK and of the server stay behind as the
 * cause: they may hold anything that the server chose to send.
 */
export function asConnectionError(
  error: unknown,
  { url, step, seconds, grantedScope }: Circumstances,
): McpSessionError {
  const causes = [...causesOf(error)];
  const ours = causes.find(isMcpSessionError);
  if (ours) return ours;
  const { host } = url;
  const hasCode = (code: SdkErrorCode) => causes.some((cause) => cause instanceof SdkError && cause.code === code);
  if (error instanceof UnauthorizedError || hasCode(SdkErrorCode.ClientHttpAuthentication)) {
    return new AuthorizationRequiredError({
      message: `${host} does not accept the sign-in`,
      hint: "Sign in again.",
      retryable: false,
      cause: error,
    });
  }
  const insufficient = causes.find((cause) => cause instanceof InsufficientScopeError);
  if (insufficient) {
    const { requiredScope = null, resourceMetadataUrl } = insufficient;
    const challenge = { scope: requiredScope, resourceMetadataUrl: resourceMetadataUrl?.href ?? null };
    return new ScopeChallengeError(host, challenge, grantedScope, error);
  }
  if (hasCode(SdkErrorCode.RequestTimeout) || causes.some(({ name }) => name === "TimeoutError"))
    return timeout(error, { host, step, seconds });
  if (error instanceof DOMException && error.name === "AbortError") {
    return new CancelledError({ message: "The request was cancelled", hint: "Try again.", retryable: true });
  }
  if (error instanceof ProtocolError) {
    return new ServerError({
      message: `${host} answered with the error ${error.code}`,
      hint: "The server could not do this. Its operator can tell why.",
      retryable: false,
      cause: error,
    });
  }
  if (hasCode(SdkErrorCode.ClientHttpUnexpectedContent)) {
    return notMcp(url, "answered with something else than MCP, such as a web page", error);
  }
  if (error instanceof SdkHttpError) return httpError(error, url, step);
  if (step === "connect") return notMcp(url, "does not answer as an MCP server", error);
  return new ServerError({
    message: `${host} gave an answer that is not valid MCP`,
    hint: "Try again. If it keeps happening, the server has a defect.",
    retryable: true,
    cause: error,
  });
}

function httpError(error: SdkHttpError, url: URL, step: "connect" | "request"): McpSessionError {
  if (step === "connect" && error.status >= 300 && error.status < 500 && error.status !== 429) {
    return notMcp(url, `answered with HTTP status ${error.status}, not with MCP`, error);
  }
  return new ServerError({
    message: `${url.host} answered with HTTP status ${error.status}`,
    hint: "Try again in a moment. If it keeps happening, its operator can tell why.",
    retryable: error.status >= 500 || error.status === 429,
    cause: error,
  });
}

function notMcp(url: URL, what: string, cause: unknown): NotMcpError {
  return new NotMcpError({
    message: `${url.host}${url.pathname} ${what}`,
    hint: url.pathname.endsWith("/mcp")
      ? "Check the address of the MCP endpoint."
      : `Check the address of the MCP endpoint: many servers have it at ${url.origin}/mcp.`,
    retryable: false,
    cause,
  });
}

function timeout(cause: unknown, { host, step, seconds }: { host: string; step: string; seconds: number }) {
  const details = {
    message: `${host} did not answer within ${seconds} s`,
    hint: "Try again. If it keeps happening, the server is overloaded or down.",
    retryable: true,
    cause,
  };
  return step === "connect" ? new ConnectTimeoutError(details) : new RequestTimeoutError(details);
}

/** An error and what caused it, outermost first: the SDK wraps what the transport and our own fetch threw. */
function* causesOf(error: unknown): Iterable<Error> {
  for (let cause = error; cause instanceof Error; cause = cause.cause) yield cause;
}
