import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import type { LimitExceededError } from "../errors.js";
import { tooLong } from "./answer-body.js";
import { Framing } from "./framing.js";
import { shownHost } from "./shown-host.js";
import type { Connection, WatchedRequest, Watcher } from "./wire.js";

/** How many chunks of any size an answer may have (RFC 9112 §7.1), and how many bytes each further chunk must add. */
const [maxSmallChunks, minChunkBytes] = [10_000, 16];

/**
 * The maximum (bytes) that is read ahead. A lower limit would gain nothing, because undici buffers what it has not
 * parsed, 64 KiB at a time.
 */
const highWaterMarkBytes = 65_536;

/** An answer whose head has arrived. Destroying its body ends the request. */
export interface Answer {
  status: number;
  head: IncomingHttpHeaders;
  body: Readable;
  /** Limits the size (bytes) of the body as it arrives, before it is decompressed: some bytes decompress to nothing. */
  limit: (maxBytes: number) => void;
}

interface AnswerOptions {
  signal: AbortSignal;
  /** Called with the number of bytes that have arrived on the socket since the last call. Throws to end the answer. */
  took: ((bytes: number) => void) | undefined;
  /** Who waits for the answer; by default all who ask the same server. */
  user: string | undefined;
}

/**
 * Sends a request. Rejects, or ends the body, with the error that undici reports; with an `AbortError` when the signal
 * aborts; with what `took` throws; and with a {@link LimitExceededError} when the server sends too much, too much
 * besides the body, or only a byte or two in each chunk. A chunk costs as much as a thousand bytes of a large chunk, so
 * an answer within the other limits could still block the process for seconds.
 *
 * It does not use `connections.request`, because its body merges many chunks into one.
 */
export function answerTo(
  connections: Dispatcher,
  request: Dispatcher.DispatchOptions,
  options: AnswerOptions,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const handler = new AnswerHandler(request, options, { resolve, reject });
    const watched: WatchedRequest = { ...request, onConnection: handler.onConnection };
    connections.dispatch(watched, handler);
  });
}

interface Settle {
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
}

class AnswerHandler implements Dispatcher.DispatchHandler, Watcher {
  readonly #host: string;
  readonly user: string;
  readonly #framing: Framing;
  readonly #options: AnswerOptions;
  readonly #settle: Settle;
  #controller: Dispatcher.DispatchController | undefined;
  #connection: Connection | undefined;
  #body: Readable | undefined;
  /** The bytes of the connection before this request, and up to the last look at it. */
  #before = { wire: 0, parsed: 0 };
  #seen = 0;
  #chunks = 0;
  #bodyBytes = 0;
  #maxBytes = Number.POSITIVE_INFINITY;

  constructor({ origin = "", headersTimeout }: Dispatcher.DispatchOptions, options: AnswerOptions, settle: Settle) {
    this.#host = shownHost(origin);
    this.#options = options;
    this.#settle = settle;
    this.user = options.user ?? this.#host;
    const timeout = headersTimeout ?? Number.POSITIVE_INFINITY;
    this.#framing = new Framing({ host: this.#host, user: this.user, timeout });
    options.signal.addEventListener("abort", this.#abort);
  }

  /** The connection may be opened, or opened again, before the request starts. */
  readonly onConnection = (connection: Connection) => {
    this.#connection = connection;
  };

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#options.signal.aborted) this.#abort();
    if (!this.#connection) return;
    this.#before = this.#connection.bytes;
    this.#seen = this.#before.wire;
    this.#connection.watch(this);
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, head: IncomingHttpHeaders): void {
    // Informational (RFC 9110 §15.2): the final answer is still to come.
    if (status < 200) return;
    this.#framing.headEnded();
    this.#body = new Readable({
      highWaterMark: highWaterMarkBytes,
      read: () => controller.resume(),
      destroy: (error, done) => {
        if (this.#body?.readableEnded === false) controller.abort(error ?? new AbortError());
        done(error);
      },
    });
    // Once the reader has gone, the error is of no interest.
    this.#body.on("error", () => undefined);
    const limit = (maxBytes: number) => {
      this.#maxBytes = maxBytes;
    };
    this.#settle.resolve({ status, head, body: this.#body, limit });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks += 1;
    this.#bodyBytes += chunk.length;
    if (this.#bodyBytes > this.#maxBytes) throw tooLong(this.#host, this.#maxBytes);
    if (this.#bodyBytes < (this.#chunks - maxSmallChunks) * minChunkBytes) {
      this.#framing.cutOff(`answered in more than ${maxSmallChunks} pieces of fewer than ${minChunkBytes} bytes`);
    }
    if (!this.#body?.push(chunk)) controller.pause();
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    try {
      this.#count();
    } catch (error) {
      this.onResponseError(controller, asError(error));
      return;
    }
    this.#ended();
    this.#body?.push(null);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#ended();
    const body = this.#body;
    // Head and error can arrive together. Wait until the caller has received the body and listens to it.
    if (body) setImmediate(() => body.destroy(error));
    else this.#settle.reject(error);
  }

  /** The parser has taken bytes. Returns how many of those that have arrived it may get, and after how long (ms). */
  next(arrived: number): { bytes: number; waitMs: number } {
    try {
      this.#count();
      return { bytes: this.#framing.nextBytes, waitMs: arrived > 0 ? this.#framing.wait() : 0 };
    } catch (error) {
      this.#controller?.abort(asError(error));
      return { bytes: 0, waitMs: 0 };
    }
  }

  #count(): void {
    const { wire, parsed } = this.#connection?.bytes ?? this.#before;
    const more = wire - this.#seen;
    // A socket that has been closed no longer knows the bytes of TLS.
    if (more <= 0) return;
    this.#seen = wire;
    this.#options.took?.(more);
    const { wire: wireBefore, parsed: parsedBefore } = this.#before;
    this.#framing.count({ wire: wire - wireBefore, parsed: parsed - parsedBefore, body: this.#bodyBytes });
  }

  readonly #abort = () => {
    const aborted = new AbortError();
    if (this.#controller) this.#controller.abort(aborted);
    else this.#settle.reject(aborted);
  };

  #ended(): void {
    this.#connection?.unwatch();
    this.#options.signal.removeEventListener("abort", this.#abort);
  }
}

class AbortError extends Error {
  override readonly name = "AbortError";
}

const asError = (thrown: unknown) => (thrown instanceof Error ? thrown : new Error("Refused", { cause: thrown }));
