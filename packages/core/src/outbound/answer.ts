import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import { LimitExceededError } from "../errors.js";
import { shownHost } from "./shown-host.js";

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
}

/**
 * Sends a request. Rejects, or ends the body, with the error that undici reports; with an `AbortError` when the signal
 * aborts; and with a {@link LimitExceededError} when the server sends only a byte or two in each chunk. A chunk costs
 * as much as a thousand bytes of a large chunk, so an answer within the other limits could still block the process for
 * seconds.
 *
 * It does not use `connections.request`, because its body merges many chunks into one.
 */
export function answerTo(
  connections: Dispatcher,
  request: Dispatcher.DispatchOptions,
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    connections.dispatch(request, new AnswerHandler({ origin: request.origin, signal, resolve, reject }));
  });
}

interface Asked {
  origin: string | URL | undefined;
  signal: AbortSignal;
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
}

class AnswerHandler implements Dispatcher.DispatchHandler {
  readonly #asked: Asked;
  #controller: Dispatcher.DispatchController | undefined;
  #body: Readable | undefined;
  #chunks = 0;
  #bytes = 0;

  constructor(asked: Asked) {
    this.#asked = asked;
    asked.signal.addEventListener("abort", this.#abort);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#asked.signal.aborted) this.#abort();
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, head: IncomingHttpHeaders): void {
    // Informational (RFC 9110 §15.2): the final answer is still to come.
    if (status < 200) return;
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
    this.#asked.resolve({ status, head, body: this.#body });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks += 1;
    this.#bytes += chunk.length;
    if (this.#bytes < (this.#chunks - maxSmallChunks) * minChunkBytes) throw tooSmall(this.#asked.origin);
    if (!this.#body?.push(chunk)) controller.pause();
  }

  onResponseEnd(): void {
    this.#ended();
    this.#body?.push(null);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#ended();
    const body = this.#body;
    // Head and error can arrive together. Wait until the caller has received the body and listens to it.
    if (body) setImmediate(() => body.destroy(error));
    else this.#asked.reject(error);
  }

  readonly #abort = () => {
    const aborted = new AbortError();
    if (this.#controller) this.#controller.abort(aborted);
    else this.#asked.reject(aborted);
  };

  #ended(): void {
    this.#asked.signal.removeEventListener("abort", this.#abort);
  }
}

class AbortError extends Error {
  override readonly name = "AbortError";
}

const tooSmall = (origin: string | URL = "") =>
  new LimitExceededError({
    message: `${shownHost(origin)} answered in more than ${maxSmallChunks} pieces of fewer than ${minChunkBytes} bytes`,
    hint: "Contact the server's provider.",
    retryable: false,
  });
