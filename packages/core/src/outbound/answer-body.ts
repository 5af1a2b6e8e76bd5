import type { Readable } from "node:stream";
import { LimitExceededError } from "../errors.js";
import { Gathered } from "./gathered.js";

/**
 * How many bytes are processed before the event loop gets a turn. A socket can deliver up to 2 MiB without a break, and
 * 64 KiB can hold hundreds of messages to parse.
 */
const chunkBytes = 16_384;

type Bytes = Uint8Array<ArrayBuffer>;

interface Reading {
  /** Takes the next bytes. Returns whether to go on. An error that it throws ends the body. */
  take: (part: Bytes) => boolean;
  /** The body has been read to its end. */
  end: () => void;
  /** The body has ended in an error, or `take` has thrown it. */
  fail: (error: unknown) => void;
}

/**
 * Reads a body a few bytes at a time, with turns of the event loop in between. `for await` would cost more than all of
 * this code, and "data" events would deliver small chunks one by one.
 */
export class BodyReader {
  readonly #body: Readable;
  readonly #reading: Reading;
  #rest: Bytes = new Uint8Array();
  #bytesBeforeBreak = chunkBytes;
  #isPaused = true;
  #isBreak = false;
  #isEnd = false;
  #error: { cause: unknown } | undefined;

  constructor(body: Readable, reading: Reading) {
    this.#body = body;
    this.#reading = reading;
    body
      .on("readable", this.#read)
      .on("end", () => {
        this.#isEnd = true;
        this.#read();
      })
      .on("error", this.#failed)
      .on("close", () => this.#isEnd || this.#failed(new Error("The answer ended before its end")));
  }

  /** Reads until `take` says to stop. */
  resume(): void {
    this.#isPaused = false;
    this.#read();
  }

  readonly #read = () => {
    try {
      while (!this.#isPaused && !this.#isBreak) {
        if (this.#rest.length === 0 && !this.#error) this.#rest = this.#body.read() ?? this.#rest;
        if (this.#rest.length > 0 && this.#bytesBeforeBreak === 0) this.#break();
        else if (this.#rest.length > 0) this.#takePart();
        else if (this.#error || this.#isEnd) this.#finish();
        else return;
      }
    } catch (error) {
      this.#rest = new Uint8Array();
      this.#failed(error);
      this.#body.destroy();
    }
  };

  #takePart(): void {
    const part = this.#rest.subarray(0, this.#bytesBeforeBreak);
    this.#rest = this.#rest.subarray(part.length);
    this.#bytesBeforeBreak -= part.length;
    this.#isPaused = !this.#reading.take(part);
  }

  #break(): void {
    this.#isBreak = true;
    setImmediate(() => {
      this.#isBreak = false;
      this.#bytesBeforeBreak = chunkBytes;
      this.#read();
    });
  }

  #finish(): void {
    this.#isPaused = true;
    if (this.#error) this.#reading.fail(this.#error.cause);
    else this.#reading.end();
  }

  readonly #failed = (cause: unknown) => {
    this.#error ??= { cause };
    this.#read();
  };
}

/** Checks the bytes of one answer as they arrive. */
export interface AnswerMeter {
  /** Called with each chunk. Throws to end the answer. */
  take(chunk: Uint8Array): void;
}

/**
 * Reads a whole body; `null` when it is empty. Rejects with a {@link LimitExceededError} for more than `maxBytes`
 * bytes, and with any error of the body or the meter.
 */
export function readInFull(
  body: Readable,
  { host, meter, maxBytes }: { host: string; meter: AnswerMeter | undefined; maxBytes: number },
): Promise<Bytes | null> {
  const gathered = new Gathered();
  return new Promise((resolve, reject) => {
    const reader = new BodyReader(body, {
      take: (part) => {
        if (gathered.length + part.length > maxBytes) throw tooLong(host, maxBytes);
        meter?.take(part);
        gathered.add(part);
        return true;
      },
      end: () => resolve(gathered.length === 0 ? null : gathered.bytes),
      fail: reject,
    });
    reader.resume();
  });
}

const kibi = 1_024;

/** A number of bytes in readable form, such as "4 MiB". */
export function inBytes(count: number): string {
  if (count % (kibi * kibi) === 0) return `${count / kibi / kibi} MiB`;
  return count % kibi === 0 ? `${count / kibi} KiB` : `${count} bytes`;
}

/** The error for an answer, or an event of one, that is too long. */
export const tooLong = (host: string, maxBytes: number) =>
  new LimitExceededError({
    message: `${host} answered with more than ${inBytes(maxBytes)}`,
    hint: "Contact the server's provider.",
    retryable: false,
  });
