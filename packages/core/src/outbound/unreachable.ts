import { ServerError, ServerUnreachableError } from "../errors.js";
import type { Log } from "../logger.js";
import { howToAllow } from "./address-policy.js";
import { AddressRefused } from "./dialler.js";
import { shownHost } from "./shown-host.js";

/** An answer that violates HTTP: a status code that does not exist, or a content coding that was not requested. */
export class NotUnderstood extends Error {
  override readonly name = "NotUnderstood";
}

export interface Failure {
  url: URL;
  /** The error of undici, a socket or a resolver. */
  cause: unknown;
  /** Whether the request timed out before anything else went wrong. */
  late: boolean;
  /** Whether the answer had begun. */
  begun: boolean;
}

/**
 * The error that a user gets for a failed request. `inDetail` only for hosts that the operator listed. For all other
 * hosts, a port that refuses, a silent port, an unknown name and a name with a private address must look the same.
 * Otherwise, users could scan the app's internal network by entering addresses.
 */
export function unreachable({ url, cause, late, begun }: Failure, inDetail: boolean) {
  const host = shownHost(url);
  if (cause instanceof NotUnderstood) {
    return new ServerError({
      message: `${host} sent an answer that is not valid HTTP`,
      hint: "Contact the server's provider.",
      retryable: false,
      cause,
    });
  }
  const what = begun
    ? "did not send its whole answer"
    : `cannot be reached${reason(late ? "no answer" : reasonOf(cause, inDetail))}`;
  return new ServerUnreachableError({
    message: `${host} ${what}`,
    hint: begun
      ? "Try again. If it keeps happening, contact the server's provider."
      : "Check that the server is running and that its address is right. Servers on a private network must be allowed in this app's settings.",
    ...(begun || inDetail ? {} : { operatorHint: howToAllow(url, "If it is on a private network") }),
    retryable: true,
    cause,
  });
}

/** Logs the details for the operator; the user does not see them. */
export function logFailure(log: Log, { url, cause, late }: Failure): void {
  const refused = cause instanceof AddressRefused && cause.addresses.length > 0;
  log(refused ? "warn" : "info", refused ? "An address that is not public was not dialled" : "A request failed", {
    metadata: {
      "server.address": url.host,
      "error.type": late ? "TimeoutError" : codeOf(cause),
      ...(refused ? { "network.peer.address": cause.addresses.join(" ") } : {}),
    },
  });
}

const reason = (text: string | undefined) => (text === undefined ? "" : ` (${text})`);

const reasons: Readonly<Record<string, string>> = {
  ENOTFOUND: "no such host",
  EAI_AGAIN: "its name could not be looked up",
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection closed",
  UND_ERR_SOCKET: "connection closed",
  UND_ERR_CONNECT_TIMEOUT: "no answer",
  ETIMEDOUT: "no answer",
  EHOSTUNREACH: "no route",
  ENETUNREACH: "no route",
};

function reasonOf(cause: unknown, inDetail: boolean): string | undefined {
  const code = codeOf(cause);
  // A server that presents a certificate has been reached, so this reveals nothing new.
  if (/CERT|TLS|SSL|SIGNATURE/.test(code)) return "invalid certificate";
  return inDetail ? (reasons[code] ?? "connection failed") : undefined;
}

/** An error's code, or else its class name; never its message. */
function codeOf(cause: unknown): string {
  if (!(cause instanceof Error)) return typeof cause;
  return "code" in cause && typeof cause.code === "string" ? cause.code : cause.name;
}
