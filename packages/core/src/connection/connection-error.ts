import { isMcpSessionError, type McpSessionError } from "@mcp-assistant/protocol";
import {
  InsufficientScopeError,
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  UnauthorizedError,
} from "@modelcontextprotocol/client";
import { withoutItsWords } from "../authorization/authorization-failure.js";
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
  /** The host of the authorization server, while its new tokens are waited for. */
  renewingAt: string | null;
}

/**
 * What went wrong between us and a server, as one of our errors. Texts of the SDK and of the server stay behind: they may
 * hold anything that the server chose to send.
 */
export function asConnectionError(
  error: unknown,
  { url, step, seconds, grantedScope, renewingAt }: Circumstances,
): McpSessionError {
  const causes = [...causesOf(error)];
  const ours = causes.find(isMcpSessionError);
  if (ours) return ours;
  const { host } = url;
  const cause = withoutItsWords(error);
  const hasCode = (code: SdkErrorCode) => causes.some((cause) => cause instanceof SdkError && cause.code === code);
  if (error instanceof UnauthorizedError || hasCode(SdkErrorCode.ClientHttpAuthentication)) {
    return new AuthorizationRequiredError({
      message: `${host} does not accept the sign-in`,
      hint: "Sign in again.",
      retryable: false,
      cause,
    });
  }
  const insufficient = causes.find((cause) => cause instanceof InsufficientScopeError);
  if (insufficient) {
    const { requiredScope = null, resourceMetadataUrl } = insufficient;
    const challenge = { scope: requiredScope, resourceMetadataUrl: resourceMetadataUrl?.href ?? null };
    return new ScopeChallengeError(host, challenge, grantedScope, cause);
  }
  if (hasCode(SdkErrorCode.RequestTimeout) || causes.some(({ name }) => name === "TimeoutError"))
    return timeout(cause, { host, step, seconds, renewingAt });
  if (error instanceof DOMException && error.name === "AbortError") {
    return new CancelledError({ message: "The request was cancelled", hint: "Try again.", retryable: true });
  }
  if (error instanceof ProtocolError) {
    return new ServerError({
      message: `${host} answered with the error ${error.code}`,
      hint: "The server could not do this. Its operator can tell why.",
      retryable: false,
      cause,
    });
  }
  if (hasCode(SdkErrorCode.ClientHttpUnexpectedContent)) {
    return notMcp(url, "answered with something else than MCP, such as a web page", cause);
  }
  if (error instanceof SdkHttpError) return httpError(error, url, step);
  if (step === "connect") return notMcp(url, "does not answer as an MCP server", cause);
  return new ServerError({
    message: `${host} gave an answer that is not valid MCP`,
    hint: "Try again. If it keeps happening, the server has a defect.",
    retryable: true,
    cause,
  });
}

function httpError(error: SdkHttpError, url: URL, step: "connect" | "request"): McpSessionError {
  if (step === "connect" && error.status >= 300 && error.status < 500 && error.status !== 429) {
    return notMcp(url, `answered with HTTP status ${error.status}, not with MCP`, withoutItsWords(error));
  }
  return new ServerError({
    message: `${url.host} answered with HTTP status ${error.status}`,
    hint: "Try again in a moment. If it keeps happening, its operator can tell why.",
    retryable: error.status >= 500 || error.status === 429,
    cause: withoutItsWords(error),
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

function timeout(
  cause: unknown,
  { host, step, seconds, renewingAt }: Pick<Circumstances, "step" | "seconds" | "renewingAt"> & { host: string },
) {
  const told = renewingAt
    ? {
        message: `${renewingAt} did not renew the sign-in within ${seconds} s`,
        hint: "The sign-in is kept. Try again.",
      }
    : {
        message: `${host} did not answer within ${seconds} s`,
        hint: "Try again. If it keeps happening, the server is overloaded or down.",
      };
  const details = { ...told, retryable: true, cause };
  return step === "connect" ? new ConnectTimeoutError(details) : new RequestTimeoutError(details);
}

/** An error and what caused it, outermost first: the SDK wraps what the transport and our own fetch threw. */
function* causesOf(error: unknown): Iterable<Error> {
  for (let cause = error; cause instanceof Error; cause = cause.cause) yield cause;
}
