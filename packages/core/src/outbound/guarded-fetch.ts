import { ServerUnreachableError, ServerUrlForbiddenError } from "../errors.js";
import type { AddressPolicy } from "./address-policy.js";

export type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/**
 * The only way out for MCP traffic, metadata, registrations and tokens. Judges each address before it is dialled;
 * redirects are not followed, unless the caller follows them itself, through here again.
 *
 * Throws a `ServerUrlForbiddenError`, or a {@link ServerUnreachableError} that names the host and nothing else.
 */
export function createGuardedFetch(policy: AddressPolicy): Fetch {
  return async (input, init) => {
    const url = new URL(input);
    if (url.protocol !== "https:" && url.protocol !== "http:") throw notHttp(url);
    await policy.check(url);
    try {
      return await fetch(url, { ...init, redirect: "manual" });
    } catch (cause) {
      const late = init?.signal?.reason instanceof DOMException && init.signal.reason.name === "TimeoutError";
      if (init?.signal?.aborted && !late) throw cause;
      throw new ServerUnreachableError({
        message: `${url.host} cannot be reached (${late ? "no answer" : reasonOf(cause)})`,
        hint: "Check the address, and whether the server is running.",
        retryable: true,
        cause,
      });
    }
  };
}

/** `fetch` with `ms` for everything that is done with it from now on. A caller's own signal still counts. */
export function withDeadline(fetch: Fetch, ms: number): Fetch {
  const deadline = AbortSignal.timeout(ms);
  return (url, init) => {
    const signal = init?.signal ? AbortSignal.any([init.signal, deadline]) : deadline;
    return fetch(url, { ...init, signal });
  };
}

const notHttp = ({ protocol }: URL) =>
  new ServerUrlForbiddenError({
    message: `An address of the kind ${protocol} is not dialled`,
    hint: "The server names an address that is not http(s). Its operator has to correct that.",
    retryable: false,
  });

const reasons: Readonly<Record<string, string>> = {
  ENOTFOUND: "no such host",
  EAI_AGAIN: "the name does not resolve",
  ECONNREFUSED: "it refuses connections",
  ECONNRESET: "it closed the connection",
  UND_ERR_SOCKET: "it closed the connection",
  UND_ERR_CONNECT_TIMEOUT: "no answer",
  ETIMEDOUT: "no answer",
  EHOSTUNREACH: "no route",
  ENETUNREACH: "no route",
};

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if (/CERT|TLS|SSL/.test(code)) return "its certificate is not valid";
  return reasons[code] ?? "the connection failed";
}
