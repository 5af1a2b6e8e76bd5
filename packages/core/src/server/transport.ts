import { randomInt } from "node:crypto";
import {
  type JSONRPCMessage,
  type JSONRPCNotification,
  ProtocolErrorCode,
  StreamableHTTPClientTransport,
  type StreamableHTTPClientTransportOptions,
} from "@modelcontextprotocol/client";
import type { Fetch, OutboundInit } from "../outbound/guarded-fetch.js";
import { DocumentMeter, StreamMeter } from "./answer-meter.js";
import { type Budget, UnansweredError } from "./budget.js";
import { current, runFor, runFree } from "./current.js";
import { Exchange } from "./exchange.js";
import type { Method } from "./method.js";
import { notingAnswer } from "./refusal.js";
import { acknowledgement, type Standing } from "./standing.js";

/**
 * The minimum pause (ms) before a stream is resumed. It doubles with each attempt without a message, up to the maximum.
 */
const [firstPauseMs, maxPauseMs] = [10, 2_000];
/** The maximum delay (ms) of `setTimeout`. A longer delay would fire immediately. */
const maxTimerMs = 2 ** 31 - 1;

/**
 * The maximum size (bytes, decompressed) of an answer to a message that needs none: a notification, a reply, a DELETE.
 */
const maxAsideBytes = 65_536;

/** The IDs of requests of a transport session are below this: some servers have 32 bits with a sign for them. */
const idRange = 2 ** 31;

/** How much longer (ms) a request may take than its step, which ends it with the better error. */
const spareMs = 5_000;

/** How long (ms) a message may take that ends something at the server. */
const farewellMs = 3_000;

type Listener = (message: JSONRPCMessage) => void;
type Result = Readonly<Record<string, unknown>>;
type RequestId = string | number;

/** A handshake of the legacy era that was made before. The SDK gets its answer without a request. */
export interface Replay {
  initialize: Record<string, unknown>;
  /** The `Mcp-Session-Id`. */
  transportSession: string | undefined;
}

interface Options extends StreamableHTTPClientTransportOptions {
  fetch: Fetch;
  replay?: Replay | undefined;
}
type SendOptions = Parameters<StreamableHTTPClientTransport["send"]>[1];

/**
 * The SDK's transport, hardened against hostile servers. Answers are metered before they are parsed, count only for the
 * request that they arrive with, and are not awaited once they can no longer arrive. Why a subclass:
 * docs/decisions/0015.
 */
export class GuardedTransport extends StreamableHTTPClientTransport {
  /**
   * Gets every notification that arrives, exactly as the server sent it, and the method of the request whose answer
   * brought it. If unset, they are dropped.
   */
  onNotification: ((notification: JSONRPCNotification, asked: Method | undefined) => void) | undefined;
  /** The SDK's own listener. */
  #next: Listener | undefined;
  /** Until the SDK has had its handshake. */
  #replay: Replay | undefined;
  /** What is added to the SDK's IDs, which count from 0 in every process. */
  readonly #firstId = randomInt(idRange);
  /** Cancellations that are being sent. */
  readonly #farewells = new Set<Promise<void>>();

  constructor(url: URL, { fetch, replay, ...options }: Options) {
    super(url, {
      ...options,
      ...(replay?.transportSession === undefined ? {} : { sessionId: replay.transportSession }),
      fetch: meteredFetch(fetch),
      reconnectionScheduler: resumeLater,
    });
    this.#replay = replay;
    let listener: Listener | undefined;
    // An accessor, because the SDK replaces its listener while it connects.
    Object.defineProperty(this, "onmessage", {
      get: () => listener,
      set: (next: Listener | undefined) => {
        this.#next = next;
        listener = next && ((message) => this.#receive(message, next));
      },
    });
  }

  /** Undefined during a replay: the SDK takes a session ID that is there already to mean that no handshake is needed. */
  override get sessionId(): string | undefined {
    return this.#replay ? undefined : super.sessionId;
  }

  override async send(message: JSONRPCMessage | JSONRPCMessage[], options?: SendOptions): Promise<void> {
    if (this.#replay && !Array.isArray(message)) return this.#answerHandshake(message, this.#replay);
    if (Array.isArray(message) || !("method" in message && "id" in message)) {
      if (isCancellation(message)) return this.#bid(() => super.send(this.#renumbered(message), options));
      return runFree(() => super.send(message, options));
    }
    const id = this.#sentId(message.id);
    const { budget, maxMs, heard, standing } = current();
    const exchange = new Exchange({ id, ownId: message.id }, { budget, maxMs, heard });
    const end = () => {
      options?.onRequestStreamEnd?.();
      this.#ended(exchange);
    };
    await runFor(standing ? { exchange, standing } : { budget, exchange }, () =>
      super.send({ ...message, id }, { ...options, onRequestStreamEnd: end }),
    ).catch((error: unknown) => {
      throw notingAnswer(error, id);
    });
    if (!exchange.isStream) this.#ended(exchange);
  }

  /**
   * Opens the stream on which a server of the legacy era may say something on its own (MCP Streamable HTTP, listening for
   * messages). Resolves once its head has come, or has said that the server has no such stream: see `standing.status`.
   */
  async stand(standing: Standing): Promise<void> {
    const onresumptiontoken = (id: string) => {
      standing.lastEventId = id;
    };
    await runFor({ standing }, () => super.resumeStream(standing.lastEventId, { onresumptiontoken }));
  }

  /** Also once the transport is closed, as the SDK does when a handshake fails. Cancellations are sent first. */
  override async terminateSession(): Promise<void> {
    await Promise.allSettled(this.#farewells);
    await this.#bid(() => super.terminateSession());
  }

  #answerHandshake(message: JSONRPCMessage, { initialize }: Replay): void {
    if ("method" in message && "id" in message) {
      this.#next?.({ jsonrpc: "2.0", id: message.id, result: initialize });
    } else {
      this.#replay = undefined;
    }
  }

  /**
   * Several processes use one transport session, and a server may tell their requests apart by the ID alone. Without a
   * session, the SDK's own numbers stay.
   */
  #sentId(id: RequestId): RequestId {
    return typeof id === "number" && this.sessionId !== undefined ? (this.#firstId + id) % idRange : id;
  }

  /** The cancellation of a request of ours, with the ID that the server knows it by. */
  #renumbered(message: JSONRPCNotification): JSONRPCNotification {
    const { requestId } = message.params ?? {};
    if (typeof requestId !== "number") return message;
    return { ...message, params: { ...message.params, requestId: this.#sentId(requestId) } };
  }

  /**
   * Sends what ends something at the server. A close, which often follows at once, does not abort it, and need not wait.
   */
  async #bid(send: () => Promise<void>): Promise<void> {
    const sent = runFor({ farewell: AbortSignal.timeout(farewellMs) }, send);
    this.#farewells.add(sent);
    await sent.finally(() => this.#farewells.delete(sent));
  }

  /** Fails a request whose streams ended without an answer; the SDK would wait on. */
  #ended(exchange: Exchange): void {
    exchange.ended();
    if (exchange.isAnswered) return;
    const data = new UnansweredError("The answer has no answer in it", { cause: exchange.trouble });
    const error = { code: ProtocolErrorCode.MethodNotFound, message: data.message, data };
    runFree(() => this.#next?.({ jsonrpc: "2.0", id: exchange.ownId, error }));
  }

  /**
   * Handles a message of an HTTP answer: the reply to its request, a notification, or a request of the server's own.
   */
  #receive(message: JSONRPCMessage, next: Listener): void {
    const { exchange, standing } = current();
    if (exchange) exchange.resumed = 0;
    if ("method" in message) {
      if (!("id" in message)) {
        // Only the SDK knows which of its streams this opens.
        if (standing && message.method === acknowledgement) next(message);
        this.#notify(message, exchange);
      } else {
        exchange?.budget?.takeRequest();
        standing?.takeRequest();
        next(message);
      }
      return;
    }
    // Compare as strings, because the SDK accepts "7" for 7. Ignore answers to other requests, and second answers.
    if (!exchange || exchange.isAnswered || String(message.id) !== String(exchange.id)) return;
    exchange.answered();
    const own = { ...message, id: exchange.ownId };
    next("result" in own ? { ...own, result: outlineOf(own.result, exchange.budget) } : own);
  }

  #notify(notification: JSONRPCNotification, exchange: Exchange | undefined): void {
    for (const listener of [exchange?.heard, this.onNotification]) {
      try {
        runFree(() => listener?.(notification, exchange?.budget?.method));
      } catch (error) {
        // A failing listener must not affect the answer.
        this.onerror?.(error instanceof Error ? error : new Error("A listener failed"));
      }
    }
  }
}

const isCancellation = (message: JSONRPCMessage | JSONRPCMessage[]): message is JSONRPCNotification =>
  "method" in message && message.method === "notifications/cancelled";

/**
 * Stores the result for us and passes only an outline to the SDK, which would refuse a whole list
 * because of one malformed member. The SDK still judges results of any type other than "complete".
 */
function outlineOf<T extends Result>(result: T, budget: Budget | undefined): T | Result {
  budget?.keep(result);
  const { resultType = "complete" } = result;
  const outline = budget?.outline;
  if (!outline || resultType !== "complete") return result;
  const kind = "resultType" in result ? { resultType } : {};
  return { ...kind, ttlMs: 0, cacheScope: "private", ...outline };
}

function meteredFetch(fetch: Fetch): Fetch {
  return async (url, init) => {
    const { exchange, farewell, standing } = current();
    if (standing) {
      if (exchange) exchange.isStream = true;
      return standing.open(fetch, url, init);
    }
    const resumes = init?.method === "GET";
    // Answer 405 to the SDK's GET for a standalone stream, as a server may do itself (MCP Streamable HTTP). But let
    // through a GET that resumes an answer: a server may end the stream of a call and deliver the rest when the client
    // comes back.
    if (resumes && !new Headers(init.headers).has("last-event-id")) return new Response(null, { status: 405 });
    // Use one signal per request, because listeners on the transport's own signal would pile up without limit.
    const signal = farewell ?? AbortSignal.any([init?.signal, exchange?.end].filter((given) => !!given));
    // `bytes` makes the fetch read the answer to its end, even a stream. The SDK would read a text of any length.
    if (!exchange?.budget) return fetch(url, { ...init, signal, bytes: maxAsideBytes });
    const { budget, maxMs } = exchange;
    const timeoutMs = maxMs === undefined ? undefined : Math.min(maxMs + spareMs, maxTimerMs);
    return fetch(url, { ...init, signal, timeoutMs, ...metersOf(exchange, budget) });
  };
}

/** Counts an answer against the budget of its exchange. */
function metersOf(exchange: Exchange, budget: Budget): Pick<OutboundInit, "meter" | "took" | "user"> {
  return {
    user: budget.user,
    took: (bytes) => budget.took(bytes),
    meter: {
      whole: () => {
        exchange.isStream = false;
        return new DocumentMeter(budget);
      },
      events: () => {
        exchange.isStream = true;
        // The SDK does not report the error that ends a stream.
        return new StreamMeter(budget, (error) => {
          exchange.trouble = error;
        });
      },
    },
  };
}

/** Resumes streams after the delay that the server asks for, but not too often, and not once the request is over. */
function resumeLater(resume: () => void, delay: number): () => void {
  const { exchange, standing } = current();
  if (standing) {
    standing.end();
    return () => undefined;
  }
  const minPauseMs = Math.min(firstPauseMs * 2 ** (exchange?.resumed ?? 0), maxPauseMs);
  if (exchange) exchange.resumed += 1;
  const timer = setTimeout(resume, Math.min(Math.max(delay, minPauseMs), maxTimerMs)).unref();
  const stop = () => clearTimeout(timer);
  exchange?.budget?.afterwards(stop);
  return stop;
}
