import { isMcpSessionError, type McpSessionError } from "@mcp-assistant/protocol";
import {
  InsufficientScopeError,
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  UnauthorizedError,
} from "@modelcontextprotocol/client";
import { withoutMessage } from "../authorization/failure.js";
import { scopesToShow } from "../authorization/scopes.js";
import { ScopeChallengeError } from "../authorization/step-up.js";
import {
  AuthorizationFailedError,
  AuthorizationRequiredError,
  ConnectTimeoutError,
  callerGone,
  NotMcpError,
  NotSupportedError,
  RequestTimeoutError,
  ScopeRequiredError,
  ServerError,
  ServerUnreachableError,
} from "../errors.js";
import { shownHost } from "../outbound/shown-host.js";
import { UnansweredError } from "./budget.js";
import { refusesSession } from "./refusal.js";

/** How a connection is authorized: by a sign-in, a user's key (Authorization header), or the app's own client. */
export type AdmittedBy = "sign-in" | "key" | "app";

interface Circumstances {
  url: URL;
  step: "connect" | "request";
  /** The time limit of the step. */
  seconds: number;
  /**
   * Whose the limit is, if not ours on the whole step: the caller's own, or one on the time between two progress
   * reports.
   */
  limitOf?: "caller" | "progress" | undefined;
  /** The scope that the sign-in in use was granted. */
  grantedScope: string | null;
  admittedBy: AdmittedBy;
  /** The authorization server (its host) that new tokens are being awaited from. */
  awaited: string | undefined;
  /** Whether the request belonged to a protocol session (`Mcp-Session-Id`). */
  hasSession: boolean;
}

/**
 * Converts a failure between us and a server to one of our errors. Texts from the SDK and the server are left out, even
 * of the cause: they can contain anything that the server chose to send, including secrets that we sent to it.
 */
export function asConnectionError(error: unknown, circumstances: Circumstances): McpSessionError {
  const known = translated(error, circumstances);
  const asksForSignIn = known instanceof AuthorizationRequiredError;
  return asksForSignIn && circumstances.admittedBy === "app" ? tokenRefused(circumstances.url, known) : known;
}

/** The app's own client has no user who could sign in. */
const tokenRefused = (url: URL, cause: AuthorizationRequiredError) =>
  new AuthorizationFailedError({
    message: `${shownHost(url)} rejected this app's own sign-in`,
    hint: "Contact the people who run this app.",
    operatorHint: "Check what this app's client in authorization.clients is allowed to do there.",
    retryable: false,
    cause,
  });

function translated(
  thrown: unknown,
  { url, step, seconds, limitOf, grantedScope, admittedBy, awaited, hasSession }: Circumstances,
): McpSessionError {
  const error = thrown instanceof ProtocolError && thrown.data instanceof UnansweredError ? thrown.data : thrown;
  const causes = [...causesOf(error)];
  const ours = causes.find(isMcpSessionError);
  if (ours) return ours;
  const host = shownHost(url);
  const cause = withoutMessage(error);
  const hasCode = (code: SdkErrorCode) => causes.some((cause) => cause instanceof SdkError && cause.code === code);
  if (error instanceof UnauthorizedError || hasCode(SdkErrorCode.ClientHttpAuthentication)) {
    return new AuthorizationRequiredError({
      message: `${host} rejected your sign-in`,
      hint: "Sign in again.",
      retryable: false,
      cause,
    });
  }
  const insufficient = causes.find((cause) => cause instanceof InsufficientScopeError);
  if (insufficient) {
    const { requiredScope = null, resourceMetadataUrl } = insufficient;
    const challenge = { scope: requiredScope, resourceMetadataUrl: resourceMetadataUrl?.href ?? null };
    if (admittedBy === "sign-in") return new ScopeChallengeError(host, challenge, grantedScope, cause);
    return notPermitted(host, { admittedBy, missing: scopesToShow(requiredScope, grantedScope), cause });
  }
  if (hasCode(SdkErrorCode.RequestTimeout) || causes.some(({ name }) => name === "TimeoutError")) {
    return awaited ? noTokensInTime(awaited, { seconds, cause }) : timeout(cause, { host, step, seconds, limitOf });
  }
  if (error instanceof DOMException && error.name === "AbortError") {
    return callerGone();
  }
  if (error instanceof ProtocolError) {
    return new RpcError(error.code, {
      message: `${host} answered with the error ${error.code}`,
      hint: "Contact the server's provider.",
      retryable: false,
      cause,
    });
  }
  if (hasCode(SdkErrorCode.ClientHttpUnexpectedContent)) {
    return notMcp(url, "answered with something other than MCP, such as a web page", cause);
  }
  if (error instanceof SdkHttpError) return httpError(error, { url, step, cause, hasSession });
  return step === "connect" ? notMcp(url, "did not answer like an MCP server", cause) : invalidAnswer(url, cause);
}

/** An answer that lacks what its method requires. */
export const invalidAnswer = (url: URL, cause?: unknown) =>
  new ServerError({
    message: `${shownHost(url)} sent an answer that is not valid MCP`,
    hint: "Try again. If it keeps happening, contact the server's provider.",
    retryable: true,
    cause,
  });

/** A server that only speaks the transport that preceded Streamable HTTP (MCP 2024-11-05). */
export const speaksOnlyHttpSse = (url: URL) =>
  new NotMcpError({
    message: `${shownAddress(url)} only supports the older HTTP+SSE transport, which this app does not support yet`,
    hint: `Ask the server's provider for its Streamable HTTP address. Many servers use ${url.protocol}//${shownHost(url)}/mcp.`,
    retryable: false,
  });

/** Secrets are sent only to the address that they are for. */
export const redirectedAway = (url: URL) =>
  new NotMcpError({
    message: `${shownAddress(url)} redirects to another address of its host, where your sign-in does not count`,
    hint: "Ask the server's provider for its current address, and connect to that.",
    retryable: false,
  });

/** The server has not declared the capability, or does not know the method after all. */
export const notSupported = (url: URL, what: string) =>
  new NotSupportedError({ message: `${shownHost(url)} offers no ${what}`, retryable: false });

/** A result that violates its tool's own output schema (MCP, tools). */
export const outputMismatch = (url: URL) =>
  new ServerError({
    message: `${shownHost(url)} sent a result that does not match the tool's output schema`,
    hint: "Contact the server's provider.",
    retryable: false,
  });

/** The server answered the request with an error (JSON-RPC 2.0 §5.1). */
class RpcError extends ServerError {
  readonly rpcCode: number;

  constructor(rpcCode: number, details: ConstructorParameters<typeof ServerError>[0]) {
    super(details);
    this.rpcCode = rpcCode;
  }
}

/** The code of the error with which the server answered; undefined for another failure. `instanceof` goes by our code. */
export const rpcCodeOf = (error: unknown): number | undefined =>
  error instanceof RpcError && "rpcCode" in error ? error.rpcCode : undefined;

/** The server has forgotten its protocol session, and did not process the request (MCP 2025-11-25, session management). */
class SessionLostError extends ServerError {
  readonly isLost = true;
}

/** Whether the server has forgotten its protocol session. `instanceof` alone goes by the code. */
export const isSessionLost = (error: unknown): boolean => error instanceof SessionLostError && error.isLost === true;

function httpError(
  error: SdkHttpError,
  { url, step, cause, hasSession }: Pick<Circumstances, "url" | "step" | "hasSession"> & { cause: unknown },
): McpSessionError {
  const { status } = error;
  if (hasSession && refusesSession(error)) {
    return new SessionLostError({
      message: `${shownHost(url)} ended its session with this app`,
      hint: "Try again to start a new one.",
      retryable: true,
      cause,
    });
  }
  if (step === "connect" && status >= 300 && status < 500 && status !== 429) {
    return notMcp(url, `answered with HTTP status ${status} instead of MCP`, cause);
  }
  const retryable = status >= 500 || status === 429;
  return new ServerError({
    message: `${shownHost(url)} answered with HTTP status ${status}`,
    hint: retryable
      ? "Try again in a moment. If it keeps happening, contact the server's provider."
      : "Contact the server's provider.",
    retryable,
    cause,
  });
}

/** Signing in would not help, so it is not offered. */
function notPermitted(
  host: string,
  { admittedBy, missing, cause }: { admittedBy: "key" | "app"; missing: readonly string[]; cause: unknown },
): ScopeRequiredError {
  const names = missing.length > 0 ? `: ${missing.join(", ")}` : "";
  if (admittedBy === "key") {
    return new ScopeRequiredError({
      message: `${host} needs more permissions than your key has${names}`,
      hint: "Use a key with more permissions.",
      retryable: false,
      cause,
    });
  }
  return new ScopeRequiredError({
    message: `${host} needs more permissions than this app has${names}`,
    hint: "Contact the people who run this app.",
    operatorHint: "Check the client in authorization.clients, and its scope.",
    retryable: false,
    cause,
  });
}

/** The request never reached the server itself. */
const noTokensInTime = (awaited: string, { seconds, cause }: { seconds: number; cause: unknown }) =>
  new ServerUnreachableError({
    message: `${awaited} did not renew the sign-in within ${seconds} s`,
    hint: "Try again in a moment.",
    retryable: true,
    cause,
  });

function notMcp(url: URL, what: string, cause: unknown): NotMcpError {
  return new NotMcpError({
    message: `${shownAddress(url)} ${what}`,
    hint: url.pathname.endsWith("/mcp")
      ? "Check the server's address."
      : `Check the server's address. Many servers use ${url.protocol}//${shownHost(url)}/mcp.`,
    retryable: false,
    cause,
  });
}

/** The longest path (UTF-16 code units) that a message shows whole. */
const maxPathLength = 100;

function shownAddress(url: URL): string {
  const { pathname } = url;
  const isLong = pathname.length > maxPathLength;
  return `${shownHost(url)}${isLong ? `${pathname.slice(0, maxPathLength - 1)}…` : pathname}`;
}

function timeout(
  cause: unknown,
  { host, step, seconds, limitOf }: Pick<Circumstances, "step" | "seconds" | "limitOf"> & { host: string },
) {
  const what = {
    caller: `did not answer within the ${seconds} s that you set`,
    progress: `has reported no progress for ${seconds} s`,
    step: `did not answer within ${seconds} s`,
  }[limitOf ?? "step"];
  const details = {
    message: `${host} ${what}`,
    hint:
      step === "connect"
        ? "Try again. If it keeps happening, the server may be overloaded or down."
        : "Before you try again, note that the server may have completed this request.",
    retryable: true,
    cause,
  };
  return step === "connect" ? new ConnectTimeoutError(details) : new RequestTimeoutError(details);
}

/** An error and its causes, outermost first. The SDK wraps errors of the transport and of our own fetch. */
function* causesOf(error: unknown): Iterable<Error> {
  for (let cause = error; cause instanceof Error; cause = cause.cause) yield cause;
}
