import type { IncomingHttpHeaders } from "node:http";
import { isMcpSessionError } from "@mcp-assistant/protocol";
import type { Dispatcher } from "undici";
import type { Log } from "../logger.js";
import type { AddressPolicy } from "./address-policy.js";
import { answerTo } from "./answer.js";
import { type AnswerMeter, readInFull } from "./answer-body.js";
import { type EventMeter, eventsOf } from "./answer-events.js";
import { answerType } from "./answer-kind.js";
import { acceptEncoding, decoded } from "./content-encoding.js";
import { Deadline } from "./deadline.js";
import { dialler } from "./dialler.js";
import { shownHost } from "./shown-host.js";
import { logFailure, NotUnderstood, unreachable } from "./unreachable.js";

/** Our own request options, in addition to those of `fetch`. */
export interface OutboundInit extends RequestInit {
  /**
   * The maximum size of the answer (decompressed). If set, the answer is read to its end even if it is an event stream.
   */
  bytes?: number;
  /** The maximum silence (ms) of an event stream, in place of the usual one. */
  silenceMs?: number;
  /**
   * Whether an event stream has no end of its own: it may last forever, and that it breaks off is no failure. Its meter
   * limits it.
   */
  isEndless?: boolean;
  /** Takes the place of the usual timeout (ms), for a caller that counts the time itself. */
  timeoutMs?: number | undefined;
  /**
   * Makes the meter of an answer once its head has told what it is. The meter sees what is decompressed before anyone
   * else. An error that it throws ends the answer and is its error.
   */
  meter?: Meters | undefined;
  /**
   * Called with every number of bytes that has arrived on the socket for this request: informational answers, heads,
   * framing and trailers too, and the body before it is decompressed. An error that it throws ends the answer and is its
   * error.
   */
  took?: ((bytes: number) => void) | undefined;
  /**
   * Names the storage and the user who waits for the answer. What their servers send is read in their share of each turn
   * of the event loop.
   */
  user?: string | undefined;
}

interface Meters {
  /** For an event stream, which is passed on as it arrives. */
  events: () => EventMeter;
  /** For any other answer, which is read to its end. */
  whole: () => AnswerMeter;
}

export type Fetch = (url: string | URL, init?: OutboundInit) => Promise<Response>;

export interface GuardedFetchOptions {
  policy: AddressPolicy;
  log: Log;
  /** The maximum time (ms) from a request to the end of its answer. For an event stream, the maximum silence. */
  timeout: number;
  /** Defaults to the connections that the process shares. */
  connections?: Dispatcher;
}

/** The maximum size (bytes) of an answer, or of one event of a stream, unless `bytes` or a meter limits it. */
const maxAnswerBytes = 4_194_304;

/** The maximum duration (ms) of an event stream, even an active one. A longer request timeout extends it. */
const maxStreamMs = 600_000;

/**
 * The only way out for MCP traffic, metadata, registrations and tokens: a `fetch` over keep-alive connections, each of
 * which was judged when it was dialled. Redirects are returned, not followed; a caller that follows one comes through
 * here again. The promise resolves when an event stream begins, or when any other answer has been read to its end.
 *
 * Throws a `ServerUrlForbiddenError`; a `LimitExceededError` for an answer with too many bytes or chunks; a
 * `ServerUnreachableError` or `ServerError` that names the host and no other part of the URL; any error of `meter`; and
 * the reason of an aborted signal, unless that is a timeout.
 */
export function createGuardedFetch({
  policy,
  log,
  timeout: usualTimeout,
  connections = dialler(policy),
}: GuardedFetchOptions): Fetch {
  return async (input, init = {}) => {
    const url = input instanceof URL ? input : new URL(input);
    policy.check(url);
    const timeout = init.timeoutMs ?? usualTimeout;
    const deadline = new Deadline(init.signal, timeout);
    let begun = false;
    const failed = (cause: unknown) => {
      const { cancelled, late } = deadline;
      deadline.cut();
      if (isMcpSessionError(cause)) return cause;
      if (cancelled) return deadline.signal.reason;
      const failure = { url, cause, late, begun };
      if (!begun || !init.isEndless) logFailure(log, failure);
      return unreachable(failure, policy.names(url));
    };
    try {
      const { meter, bytes, took, user } = init;
      const request = toRequest(url, init, timeout);
      const { status, head, limit, ...answer } = await answerTo(connections, request, {
        signal: deadline.signal,
        took,
        user,
      });
      begun = true;
      if (status > 599) throw new NotUnderstood();
      const { kind, contentType } = answerType(status, head);
      const headers = pairsOf({ ...head, "content-type": contentType });
      const body = decoded(answer.body, headerOf("content-encoding", head));
      const host = shownHost(url);
      const maxBytes = bytes ?? (meter ? Number.POSITIVE_INFINITY : maxAnswerBytes);
      if (bytes === undefined && kind === "events") {
        if (init.isEndless) deadline.lift();
        else deadline.extend(Math.max(maxStreamMs, timeout));
        const events = { host, meter: meter?.events(), maxEventBytes: maxBytes, failed, ended: () => deadline.end() };
        return new Response(eventsOf(body, events), { status, headers });
      }
      limit(maxBytes);
      const content = await readInFull(body, { host, meter: meter?.whole(), maxBytes });
      deadline.end();
      // The SDK only recognises errors in a Response of this realm's own class.
      return new Response(bodyless.has(status) ? null : content, { status, headers });
    } catch (error) {
      throw failed(error);
    }
  };
}

/** A `fetch` whose requests, all together, must end within `ms` from now. A caller's own signal still counts. */
export function withDeadline(fetch: Fetch, ms: number): Fetch {
  const deadline = AbortSignal.timeout(ms);
  return (url, init) => {
    const signal = init?.signal ? AbortSignal.any([init.signal, deadline]) : deadline;
    return fetch(url, { ...init, signal });
  };
}

/** Statuses whose Response has no body (Fetch §2.2.3). */
const bodyless: ReadonlySet<number> = new Set([101, 103, 204, 205, 304]);

const defaultHeaders = { accept: "*/*", "accept-encoding": acceptEncoding, "user-agent": "mcp-redis" };

function toRequest(
  url: URL,
  { method = "GET", headers: given, body, silenceMs = 0 }: OutboundInit,
  timeout: number,
): Dispatcher.DispatchOptions {
  const headers: Record<string, string> = { ...defaultHeaders };
  if (body instanceof URLSearchParams) headers["content-type"] = "application/x-www-form-urlencoded;charset=UTF-8";
  for (const [name, value] of given instanceof Headers ? given : new Headers(given)) headers[name] = value;
  return {
    origin: url.origin,
    path: url.pathname + url.search,
    method: method as Dispatcher.HttpMethod,
    headers,
    body: body == null ? null : toText(body),
    headersTimeout: timeout,
    bodyTimeout: Math.max(timeout, silenceMs),
  };
}

function toText(body: NonNullable<RequestInit["body"]>): string {
  if (typeof body === "string" || body instanceof URLSearchParams) return body.toString();
  throw new TypeError("A request carries text or a form");
}

const headerOf = (name: string, head: IncomingHttpHeaders): string => [head[name] ?? []].flat().join(", ");

function pairsOf(head: IncomingHttpHeaders): [string, string][] {
  return Object.entries(head).flatMap(([name, values = []]) =>
    typeof values === "string" ? [[name, values]] : values.map((value): [string, string] => [name, value]),
  );
}
