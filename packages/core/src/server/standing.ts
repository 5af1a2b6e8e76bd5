import type { SubscriptionFilter } from "@modelcontextprotocol/client";
import type { Limits } from "../limits.js";
import type { Fetch, OutboundInit } from "../outbound/guarded-fetch.js";
import { type AnswerBudget, DocumentMeter, StreamMeter } from "./answer-meter.js";

/** What the client asks a server of the modern era to tell. */
export type Wanted = SubscriptionFilter;

/** The first message on a stream of the modern era. */
export const acknowledgement = "notifications/subscriptions/acknowledged";

const minuteMs = 60_000;

/** How long (ms) a standing stream may be silent: servers send nothing for as long as nothing changes. */
const silenceMs = 600_000;

/** What a server may send on it in a minute, besides the bytes: messages of all kinds, and requests of its own. */
const [maxMessages, maxRequests] = [600, 16];

/** The size (bytes) of one message, with what comes in the same piece. */
const maxMessageBytes = 131_072;

/** How many bytes of heads and framing there may be in a minute in addition to the stream itself. */
const maxFramingBytes = 131_072;

/** A server has sent more on its standing stream than it may. */
class FloodError extends Error {}

type StandingLimits = Pick<Limits, "standingBytesPerMinute" | "jsonMembers" | "jsonDepth">;

/** What has come in the current minute. */
const nothing = { bytes: 0, wireBytes: 0, messages: 0, requests: 0, members: 0, lines: 0 };

/**
 * One standing stream and its limits, from the request that opens it to its end. What it brings counts by the minute,
 * because it has no end of its own.
 */
export class Standing implements AnswerBudget {
  /** Where the stream can be resumed, by this process alone. */
  lastEventId = "";
  /** The HTTP status of the answer. */
  status: number | undefined;
  /** Whether a GET was answered as if it had worked, but with something that is no stream: a page, for example. */
  isOther = false;
  /** Whether the server has sent too much. */
  isFlood = false;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  readonly #limits: StandingLimits;
  readonly #end = new AbortController();
  #minute = { ...nothing };
  #minuteEnd = performance.now() + minuteMs;
  #messageBytes = 0;

  constructor(limits: StandingLimits) {
    this.#limits = limits;
    this.ended = new Promise((resolve) => this.signal.addEventListener("abort", () => resolve(), { once: true }));
  }

  /** Aborts when it ends. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  /** Sends the request that opens it. */
  async open(fetch: Fetch, url: string | URL, init: OutboundInit = {}): Promise<Response> {
    const signal = init.signal ? AbortSignal.any([init.signal, this.signal]) : this.signal;
    const meter = { whole: () => new DocumentMeter(this), events: () => new StreamMeter(this, () => this.end()) };
    const took = (bytes: number) =>
      this.#count("wireBytes", bytes, 2 * this.#limits.standingBytesPerMinute + maxFramingBytes);
    const response = await fetch(url, { ...init, signal, silenceMs, isEndless: true, meter, took });
    this.status = response.status;
    if (init.method !== "GET" || !response.ok || isEventStream(response)) return response;
    this.isOther = true;
    // The SDK would read it as a stream that has ended.
    return new Response(null, { status: 405 });
  }

  end(): void {
    this.#end.abort();
  }

  takeBytes(count: number): void {
    this.signal.throwIfAborted();
    this.#count("bytes", count, this.#limits.standingBytesPerMinute);
    this.#messageBytes += count;
    if (this.#messageBytes > maxMessageBytes) this.#flood();
  }

  takeMessage(): void {
    this.#messageBytes = 0;
    this.#count("messages", 1, maxMessages);
  }

  /** A server's request, each of which makes us send an answer. */
  takeRequest(): void {
    this.#count("requests", 1, maxRequests);
  }

  takeMembers(count: number): void {
    this.#count("members", count, this.#limits.jsonMembers);
  }

  takeLines(count: number): void {
    this.#count("lines", count, this.#limits.jsonMembers);
  }

  takeNested(depth: number): void {
    if (depth > this.#limits.jsonDepth) this.#flood();
  }

  #count(what: keyof typeof nothing, count: number, max: number): void {
    const now = performance.now();
    if (now >= this.#minuteEnd) {
      this.#minute = { ...nothing };
      this.#minuteEnd = now + minuteMs;
    }
    this.#minute[what] += count;
    if (this.#minute[what] > max) this.#flood();
  }

  #flood(): never {
    this.isFlood = true;
    this.end();
    throw new FloodError("The server sends too much");
  }
}

const isEventStream = ({ headers }: Response) => /^text\/event-stream\b/i.test(headers.get("content-type") ?? "");
