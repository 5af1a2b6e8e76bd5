import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import { LimitExceededError } from "../errors.js";

/** How many chunks an answer may have (RFC 9112 §7.1), however small; and how many bytes are asked for each further one. */
const [maxSmallChunks, minChunkBytes] = [10_000, 16];

/** The most (bytes) that is read ahead. Not less: undici gathers what it has read and not parsed, 64 KiB at a time. */
const highWaterMarkBytes = 65_536;

/** An answer whose head has come. Destroying its body ends the request. */
export interface Answer {
  status: number;
  head: IncomingHttpHeaders;
  body: Readable;
}

/**
 * Sends a request. Rejects, or ends the body, with what undici says; with an `AbortError` when the signal aborts; and with
 * a {@link LimitExceededError} when the server sends a byte or two in each chunk: a chunk costs as much as a thousand
 * bytes of a large one, so that what the other limits allow would hold up a process for seconds.
 *
 * Not by `connections.request`, whose body shows many chunks as one.
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
    // Informational (RFC 9110 §15.2): the answer is still to come.
    if (status < 200) return;
    this.#body = new Readable({
      highWaterMark: highWaterMarkBytes,
      read: () => controller.resume(),
      destroy: (error, done) => {
        if (this.#body?.readableEnded === false) controller.abort(error ?? new AbortError());
        done(error);
      },
    });
    // Who reads it no more needs not know what became of it.
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
    // Not before whoever waits for the head has got the body and listens: both may come at once.
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
    message: `${new URL(origin).host} answered in more than ${maxSmallChunks} chunks of fewer than ${minChunkBytes} bytes`,
    hint: "The server has a defect: it sends its answers almost byte by byte. Its operator can tell why.",
    retryable: false,
  });
