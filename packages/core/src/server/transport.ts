import {
  type JSONRPCMessage,
  type JSONRPCNotification,
  ProtocolErrorCode,
  StreamableHTTPClientTransport,
  type StreamableHTTPClientTransportOptions,
} from "@modelcontextprotocol/client";
import type { Fetch } from "../outbound/guarded-fetch.js";
import { McpAnswerMeter } from "./answer-meter.js";
import { Budget, UnansweredError } from "./budget.js";
import { Exchange } from "./exchange.js";

/** The least time (ms) before a stream is resumed; twice as much for each that brought nothing, up to the most. */
const [firstPauseMs, maxPauseMs] = [10, 2_000];
/** The longest (ms) that a timer waits. One that is to wait longer does not wait at all. */
const maxTimerMs = 2 ** 31 - 1;

/** The most (bytes, decompressed) of an answer to what asks for none: a notification, a reply to the server, a farewell. */
const maxAsideBytes = 65_536;

type Listener = (message: JSONRPCMessage) => void;
type Result = Readonly<Record<string, unknown>>;
type SendOptions = Parameters<StreamableHTTPClientTransport["send"]>[1];

/**
 * The SDK's transport for a server that may do anything: answers are metered before they are parsed, belong to the request
 * that they come with, and are not waited for when they cannot come any more. Why a subclass: docs/decisions/0015.
 */
export class GuardedTransport extends StreamableHTTPClientTransport {
  /** Gets every notification that comes beside an answer, as the server wrote it. Without a listener they are dropped. */
  onNotification: ((notification: JSONRPCNotification) => void) | undefined;
  /** The SDK's own listener. */
  #next: Listener | undefined;

  constructor(url: URL, { fetch, ...options }: StreamableHTTPClientTransportOptions & { fetch: Fetch }) {
    super(url, {
      ...options,
      fetch: meteredFetch(fetch),
      reconnectionScheduler: resumeLater,
    });
    let listener: Listener | undefined;
    // Whoever listens to it: the SDK changes its listeners while it connects.
    Object.defineProperty(this, "onmessage", {
      get: () => listener,
      set: (next: Listener | undefined) => {
        this.#next = next;
        listener = next && ((message) => this.#receive(message, next));
      },
    });
  }

  override async send(message: JSONRPCMessage | JSONRPCMessage[], options?: SendOptions): Promise<void> {
    if (Array.isArray(message) || !("method" in message && "id" in message)) {
      return Budget.runFree(() => Exchange.runFree(() => super.send(message, options)));
    }
    const exchange = new Exchange(message.id, Budget.current());
    const end = () => {
      options?.onRequestStreamEnd?.();
      this.#ended(exchange);
    };
    await exchange.run(() => super.send(message, { ...options, onRequestStreamEnd: end }));
    if (!exchange.isStream) this.#ended(exchange);
  }

  /** The SDK goes on waiting for an answer that was not in it. */
  #ended(exchange: Exchange): void {
    exchange.ended();
    if (exchange.isAnswered) return;
    const data = new UnansweredError("The answer has no answer in it", { cause: exchange.trouble });
    const error = { code: ProtocolErrorCode.MethodNotFound, message: data.message, data };
    Exchange.runFree(() => this.#next?.({ jsonrpc: "2.0", id: exchange.id, error }));
  }

  /** Takes what comes with an answer: the answer to its request, notifications, and requests of the server's own. */
  #receive(message: JSONRPCMessage, next: Listener): void {
    const exchange = Exchange.current();
    if (exchange) exchange.resumed = 0;
    if ("method" in message) {
      if (!("id" in message)) this.#notify(message);
      else {
        exchange?.budget?.takeRequest();
        next(message);
      }
      return;
    }
    // The SDK takes "7" for 7. An answer to another request does not belong here, nor does a second one.
    if (!exchange || exchange.isAnswered || String(message.id) !== String(exchange.id)) return;
    exchange.answered();
    next("result" in message ? { ...message, result: outlineOf(message.result, exchange.budget) } : message);
  }

  #notify(notification: JSONRPCNotification): void {
    try {
      Exchange.runFree(() => this.onNotification?.(notification));
    } catch (error) {
      // A listener that fails has nothing to do with the answer.
      this.onerror?.(error instanceof Error ? error : new Error("A listener failed"));
    }
  }
}

/**
 * What the SDK gets of a result, the whole of which is kept for us: it would refuse a whole list for one odd member of it.
 * A result of another kind than a complete one is for the SDK to judge.
 */
function outlineOf<T extends Result>(result: T, budget: Budget | undefined): T | Result {
  budget?.keep(result);
  const { resultType = "complete" } = result;
  if (!budget?.list || resultType !== "complete") return result;
  const kind = "resultType" in result ? { resultType } : {};
  return { ...kind, ttlMs: 0, cacheScope: "private", [budget.list]: [] };
}

function meteredFetch(fetch: Fetch): Fetch {
  return async (url, init) => {
    const resumes = init?.method === "GET";
    // The stream on which a legacy server could speak first is declined, as a server itself may do (405, MCP Streamable
    // HTTP). One that resumes an answer is not: a server may end the stream of a call and give the rest to whoever comes
    // back for it.
    if (resumes && !new Headers(init.headers).has("last-event-id")) return new Response(null, { status: 405 });
    const exchange = Exchange.current();
    // A signal for each: there is no bound to how many listen to the transport's own.
    const signal = AbortSignal.any([init?.signal, exchange?.end].filter((given) => !!given));
    // Read to its end, also where it says that it is a stream: the SDK reads it as one text, for as long as it comes.
    if (!exchange?.budget) return fetch(url, { ...init, signal, bytes: maxAsideBytes });
    const meter = new McpAnswerMeter(exchange.budget);
    const response = await fetch(url, { ...init, signal, meter });
    // The SDK reads a refusal as a document, whatever it says of itself.
    exchange.isStream = response.ok && /^text\/event-stream\b/i.test(response.headers.get("content-type") ?? "");
    if (!exchange.isStream) return response;
    meter.expectStream();
    if (!response.body) return response;
    const { status, headers } = response;
    return new Response(watched(response.body, exchange), { status, headers });
  };
}

/** The same bytes. The SDK tells nobody what a stream ended with, so the exchange is told here. */
function watched(body: ReadableStream<Uint8Array>, exchange: Exchange): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { value, done } = await reader.read().catch((error: unknown) => {
          exchange.trouble = error;
          throw error;
        });
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/** Streams are resumed as the server asks, but not in a storm, and not for what nobody waits for any longer. */
function resumeLater(resume: () => void, delay: number): () => void {
  const exchange = Exchange.current();
  const least = Math.min(firstPauseMs * 2 ** (exchange?.resumed ?? 0), maxPauseMs);
  if (exchange) exchange.resumed += 1;
  const timer = setTimeout(resume, Math.min(Math.max(delay, least), maxTimerMs)).unref();
  const stop = () => clearTimeout(timer);
  exchange?.budget?.over.addEventListener("abort", stop, { once: true });
  return stop;
}
