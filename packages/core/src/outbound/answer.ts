import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import { LimitExceededError } from "../errors.js";
import { inBytes, tooLong } from "./answer-body.js";
import { shownHost } from "./shown-host.js";
import type { Connection, WatchedRequest } from "./wire.js";

/** How many chunks of any size an answer may have (RFC 9112 §7.1), and how many bytes each further chunk must add. */
const [maxSmallChunks, minChunkBytes] = [10_000, 16];

/**
 * The maximum size (bytes) of everything that is not the body: informational answers, heads, the framing of chunks, and
 * trailers. The framing of a long body may be as long as the body itself in addition.
 */
const maxFramingBytes = 131_072;

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
    const handler = new AnswerHandler(shownHost(request.origin ?? ""), options, { resolve, reject });
    const watched: WatchedRequest = { ...request, onConnection: handler.onConnection };
    connections.dispatch(watched, handler);
  });
}

interface Settle {
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
}

class AnswerHandler implements Dispatcher.DispatchHandler {
  readonly #host: string;
  readonly #options: AnswerOptions;
  readonly #settle: Settle;
  #controller: Dispatcher.DispatchController | undefined;
  #connection: Connection | undefined;
  #body: Readable | undefined;
  /** The bytes of the connection before this request, and up to the last look at it. */
  #before = 0;
  #seen = 0;
  #chunks = 0;
  #bodyBytes = 0;
  #maxBytes = Number.POSITIVE_INFINITY;

  constructor(host: string, options: AnswerOptions, settle: Settle) {
    this.#host = host;
    this.#options = options;
    this.#settle = settle;
    options.signal.addEventListener("abort", this.#abort);
  }

  /** The connection may be opened, or opened again, before the request starts. */
  readonly onConnection = (connection: Connection) => {
    this.#connection = connection;
  };

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#options.signal.aborted) this.#abort();
    this.#before = this.#seen = this.#connection?.bytes ?? 0;
    this.#connection?.watch(this.#look);
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, head: IncomingHttpHeaders): void {
    // Informational (RFC 9110 §15.2): the final answer is still to come.
    if (status < 200) return;
    this.#connection?.headEnded();
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
    if (this.#bodyBytes < (this.#chunks - maxSmallChunks) * minChunkBytes) throw tooSmall(this.#host);
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

  readonly #look = () => {
    try {
      this.#count();
    } catch (error) {
      this.#controller?.abort(asError(error));
    }
  };

  #count(): void {
    const bytes = this.#connection?.bytes ?? 0;
    const more = bytes - this.#seen;
    // A socket that has been closed no longer knows the bytes of TLS.
    if (more <= 0) return;
    this.#seen = bytes;
    this.#options.took?.(more);
    const framingBytes = bytes - this.#before - this.#bodyBytes;
    if (framingBytes > maxFramingBytes + this.#bodyBytes) throw tooMuchFraming(this.#host);
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

const tooSmall = (host: string) =>
  new LimitExceededError({
    message: `${host} answered in more than ${maxSmallChunks} pieces of fewer than ${minChunkBytes} bytes`,
    hint: "Contact the server's provider.",
    retryable: false,
  });

const tooMuchFraming = (host: string) =>
  new LimitExceededError({
    message: `${host} sent more than ${inBytes(maxFramingBytes)} besides the body of its answer`,
    hint: "Contact the server's provider.",
    retryable: false,
  });
