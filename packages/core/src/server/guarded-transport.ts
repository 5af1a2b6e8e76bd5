import { AsyncLocalStorage } from "node:async_hooks";
import {
  type JSONRPCMessage,
  ProtocolErrorCode,
  StreamableHTTPClientTransport,
  type StreamableHTTPClientTransportOptions,
} from "@modelcontextprotocol/client";
import type { Fetch } from "../outbound/guarded-fetch.js";
import { McpAnswerMeter } from "./answer-meter.js";
import { Step, UnansweredError } from "./step.js";

/** How long (ms) a server may leave a stream open after the answer: one that ends in time keeps its connection for more. */
const lingering = 1_000;
/** The least time (ms) before a stream is resumed; twice as much for each that brought nothing, up to the most. */
const [firstPause, longestPause] = [10, 2_000];
/** The longest (ms) that a timer waits. One that is to wait longer does not wait at all. */
const longestTimer = 2 ** 31 - 1;

/** The most (bytes, decompressed) of an answer to what asks for none: a notification, a reply to the server, a farewell. */
const longestAside = 65_536;

/** One request of ours, from its POST to the end of the last stream that may carry its answer. */
class Exchange {
  readonly id: string | number;
  readonly step: Step | undefined;
  readonly #end = new AbortController();
  #lingers: NodeJS.Timeout | undefined;
  isStream = false;
  isAnswered = false;
  /** What ended its last stream. */
  trouble: unknown;
  /** How often a stream was resumed since the last message. */
  resumed = 0;

  constructor(id: string | number, step: Step | undefined) {
    this.id = id;
    this.step = step;
    step?.over.addEventListener("abort", () => this.isAnswered || this.#end.abort(), { once: true });
  }

  /** Aborts the streams that are left open. */
  get end(): AbortSignal {
    return this.#end.signal;
  }

  answered(): void {
    this.isAnswered = true;
    if (this.isStream) this.#lingers ??= setTimeout(() => this.#end.abort(), lingering).unref();
  }

  ended(): void {
    clearTimeout(this.#lingers);
  }
}

const exchanges = new AsyncLocalStorage<Exchange>();

type Listener = (message: JSONRPCMessage) => void;
type SendOptions = Parameters<StreamableHTTPClientTransport["send"]>[1];

/**
 * The SDK's transport for a server that may do anything: answers are metered before they are parsed, belong to the request
 * that they come with, and are not waited for when they cannot come any more.
 */
export class GuardedTransport extends StreamableHTTPClientTransport {
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
        listener = next && ((message) => void (belongs(message) && next(message)));
      },
    });
  }

  override async send(message: JSONRPCMessage | JSONRPCMessage[], options?: SendOptions): Promise<void> {
    if (Array.isArray(message) || !("method" in message && "id" in message)) {
      return Step.runFree(() => exchanges.exit(() => super.send(message, options)));
    }
    const exchange = new Exchange(message.id, Step.current());
    const end = () => {
      options?.onRequestStreamEnd?.();
      this.#ended(exchange);
    };
    await exchanges.run(exchange, () => super.send(message, { ...options, onRequestStreamEnd: end }));
    if (!exchange.isStream) this.#ended(exchange);
  }

  /** The SDK goes on waiting for an answer that was not in it. */
  #ended(exchange: Exchange): void {
    exchange.ended();
    if (exchange.isAnswered) return;
    const data = new UnansweredError("The answer has no answer in it", { cause: exchange.trouble });
    const error = { code: ProtocolErrorCode.MethodNotFound, message: data.message, data };
    exchanges.exit(() => this.onmessage?.({ jsonrpc: "2.0", id: exchange.id, error }));
  }
}

/** Whether a message may come with this answer: an answer to another request may not. */
function belongs(message: JSONRPCMessage): boolean {
  const exchange = exchanges.getStore();
  if (!exchange) return true;
  exchange.resumed = 0;
  if ("method" in message) {
    if ("id" in message) exchange.step?.takeRequest();
    // Nobody listens to notifications, and there may be many.
    return "id" in message;
  }
  // The SDK takes "7" for 7.
  if (String(message.id) !== String(exchange.id)) return false;
  exchange.answered();
  return true;
}

function meteredFetch(fetch: Fetch): Fetch {
  return async (url, init) => {
    const resumes = init?.method === "GET";
    // The stream on which a legacy server could speak first is declined, as a server itself may do (405, MCP Streamable
    // HTTP). One that resumes an answer is not: a server may end the stream of a call and give the rest to whoever comes
    // back for it.
    if (resumes && !new Headers(init.headers).has("last-event-id")) return new Response(null, { status: 405 });
    const exchange = exchanges.getStore();
    // A signal for each: there is no bound to how many listen to the transport's own.
    const signal = AbortSignal.any([init?.signal, exchange?.end].filter((given) => !!given));
    // Read to its end, also where it says that it is a stream: the SDK reads it as one text, for as long as it comes.
    if (!exchange?.step) return fetch(url, { ...init, signal, bytes: longestAside });
    const { step } = exchange;
    const meter = new McpAnswerMeter(step);
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

/** Streams are resumed as the server asks, but not in a storm, and not for a step that is over. */
function resumeLater(resume: () => void, delay: number): () => void {
  const exchange = exchanges.getStore();
  const least = Math.min(firstPause * 2 ** (exchange?.resumed ?? 0), longestPause);
  if (exchange) exchange.resumed += 1;
  const timer = setTimeout(resume, Math.min(Math.max(delay, least), longestTimer)).unref();
  const stop = () => clearTimeout(timer);
  exchange?.step?.over.addEventListener("abort", stop, { once: true });
  return stop;
}
