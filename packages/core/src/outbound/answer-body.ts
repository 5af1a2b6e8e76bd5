import type { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { LimitExceededError } from "../errors.js";

/**
 * How many bytes are processed before the event loop gets a turn. A socket can deliver up to 2 MiB without a break, and
 * 64 KiB can hold hundreds of messages to parse.
 */
const chunkBytes = 16_384;
const pageBytes = 16_384;

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
): Promise<Uint8Array<ArrayBuffer> | null> {
  const gathered = new Gathered();
  let rest: Uint8Array<ArrayBuffer> = new Uint8Array();
  let bytesBeforeBreak = chunkBytes;
  let [isBreak, isEnd] = [false, false];
  // `for await` would cost more than all of this code, and "data" events would deliver small chunks one by one.
  return new Promise((resolve, reject) => {
    const read = () => {
      if (isBreak) return;
      while (bytesBeforeBreak > 0) {
        if (rest.length === 0) rest = body.read() ?? rest;
        if (rest.length === 0) return void (isEnd && resolve(gathered.length === 0 ? null : gathered.bytes));
        if (gathered.length + rest.length > maxBytes) throw tooLong(host, maxBytes);
        const part = rest.subarray(0, bytesBeforeBreak);
        rest = rest.subarray(part.length);
        bytesBeforeBreak -= part.length;
        meter?.take(part);
        gathered.add(part);
      }
      isBreak = true;
      setImmediate(() => {
        isBreak = false;
        bytesBeforeBreak = chunkBytes;
        readOrFail();
      });
    };
    const readOrFail = () => {
      try {
        read();
      } catch (error) {
        reject(error);
        body.destroy();
      }
    };
    body
      .on("readable", readOrFail)
      .on("end", () => {
        isEnd = true;
        readOrFail();
      })
      .on("error", reject)
      .on("close", () => isEnd || reject(new Error("The answer ended before its end")));
  });
}

/** Collects bytes in pages. A list of small chunks takes many times their size; a growing buffer is copied often. */
class Gathered {
  readonly #full: Uint8Array<ArrayBuffer>[] = [];
  // Most answers come in a single chunk, which is then used as it is.
  #page: Uint8Array<ArrayBuffer> = new Uint8Array();
  #used = 0;
  length = 0;

  add(chunk: Uint8Array<ArrayBuffer>): void {
    if (this.length === 0) this.#page = chunk;
    else {
      if (this.#used + chunk.length > this.#page.length) this.#startPage(Math.max(chunk.length, pageBytes));
      this.#page.set(chunk, this.#used);
    }
    this.#used += chunk.length;
    this.length += chunk.length;
  }

  #startPage(bytes: number): void {
    this.#full.push(this.#written);
    this.#page = Buffer.allocUnsafeSlow(bytes);
    this.#used = 0;
  }

  get #written(): Uint8Array<ArrayBuffer> {
    return this.#page.subarray(0, this.#used);
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#full.length === 0 ? this.#written : Buffer.concat([...this.#full, this.#written]);
  }
}

interface Streaming {
  meter: AnswerMeter | undefined;
  /** Converts an error of the body or the meter to the error that the stream's reader gets. */
  failed: (error: unknown) => unknown;
  /** Called when the body has been read to its end or the reader has cancelled. */
  ended: () => void;
}

/** Passes a body on as it arrives, a few bytes at a time. Never reads ahead of the reader. */
export function stream(body: Readable, { meter, failed, ended }: Streaming): ReadableStream<Uint8Array> {
  const chunks = chunksOf(body)[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array();
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          if (rest.length > 0) await nextTurn();
          else {
            const { value, done } = await chunks.next();
            if (done) {
              ended();
              return controller.close();
            }
            rest = value;
          }
          const part = rest.subarray(0, chunkBytes);
          rest = rest.subarray(chunkBytes);
          meter?.take(part);
          controller.enqueue(part);
        } catch (error) {
          body.destroy();
          controller.error(failed(error));
        }
      },
      cancel: () => {
        ended();
        body.destroy();
      },
    },
    { highWaterMark: 0 },
  );
}

/** The chunks of a body. A stream without a text encoding yields only bytes. */
function chunksOf(body: Readable): AsyncIterable<Uint8Array> {
  // A body that is destroyed while no read is pending emits an error. It is of no interest.
  return body.on("error", () => undefined);
}

const kibi = 1_024;

/** A number of bytes in readable form, such as "4 MiB". */
export function inBytes(count: number): string {
  if (count % (kibi * kibi) === 0) return `${count / kibi / kibi} MiB`;
  return count % kibi === 0 ? `${count / kibi} KiB` : `${count} bytes`;
}

const tooLong = (host: string, most: number) =>
  new LimitExceededError({
    message: `${host} answered with more than ${inBytes(most)}`,
    hint: "Contact the server's provider.",
    retryable: false,
  });
