import type { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { LimitExceededError } from "../errors.js";

/**
 * How many bytes are looked at and parsed before others have their turn: a socket gives up to 2 MiB without a break, and
 * in a piece of 64 KiB are hundreds of messages.
 */
const chunkBytes = 16_384;
const pageBytes = 16_384;

/** Watches over the bytes of one answer. */
export interface AnswerMeter {
  /** Throws to end the answer. */
  take(chunk: Uint8Array): void;
}

/**
 * All of a body; `null` when it is empty. Rejects with a {@link LimitExceededError} for more than `most` bytes, and with
 * what the body and the meter throw.
 */
export function readInFull(
  body: Readable,
  { host, meter, maxBytes }: { host: string; meter: AnswerMeter | undefined; maxBytes: number },
): Promise<Uint8Array<ArrayBuffer> | null> {
  const gathered = new Gathered();
  let rest: Uint8Array<ArrayBuffer> = new Uint8Array();
  let beforeBreak = chunkBytes;
  let [isBreak, isEnd] = [false, false];
  // Not by `for await`, which costs a call more than all of this; nor by "data", which gives small chunks one by one.
  return new Promise((resolve, reject) => {
    const read = () => {
      if (isBreak) return;
      while (beforeBreak > 0) {
        if (rest.length === 0) rest = body.read() ?? rest;
        if (rest.length === 0) return void (isEnd && resolve(gathered.length === 0 ? null : gathered.bytes));
        if (gathered.length + rest.length > maxBytes) throw tooLong(host, maxBytes);
        const few = rest.subarray(0, beforeBreak);
        rest = rest.subarray(few.length);
        beforeBreak -= few.length;
        meter?.take(few);
        gathered.add(few);
      }
      isBreak = true;
      setImmediate(() => {
        isBreak = false;
        beforeBreak = chunkBytes;
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

/** Bytes in pages: a list of chunks may be many times what is in them, and a room that grows is copied again and again. */
class Gathered {
  readonly #full: Uint8Array<ArrayBuffer>[] = [];
  // Most answers come in one chunk, which is then all of it.
  #page: Uint8Array<ArrayBuffer> = new Uint8Array();
  #used = 0;
  length = 0;

  add(chunk: Uint8Array<ArrayBuffer>): void {
    if (this.length === 0) this.#page = chunk;
    else {
      if (this.#used + chunk.length > this.#page.length) this.#turn(Math.max(chunk.length, pageBytes));
      this.#page.set(chunk, this.#used);
    }
    this.#used += chunk.length;
    this.length += chunk.length;
  }

  #turn(bytes: number): void {
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
  /** What an error of the body or the meter is for whoever reads the stream. */
  failed: (error: unknown) => unknown;
  /** Called when the body has been read to its end, or nobody wants more of it. */
  ended: () => void;
}

/** A body as it comes, a few bytes at a time: nothing is read ahead of who reads it. */
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
          const few = rest.subarray(0, chunkBytes);
          rest = rest.subarray(chunkBytes);
          meter?.take(few);
          controller.enqueue(few);
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

/** A body without an encoding yields nothing but bytes. */
function chunksOf(body: Readable): AsyncIterable<Uint8Array> {
  // A body that is destroyed while nobody waits for it says so with an error that nobody needs.
  return body.on("error", () => undefined);
}

const kibi = 1_024;

/** A number of bytes for people. */
export function inBytes(count: number): string {
  if (count % (kibi * kibi) === 0) return `${count / kibi / kibi} MiB`;
  return count % kibi === 0 ? `${count / kibi} KiB` : `${count} bytes`;
}

const tooLong = (host: string, most: number) =>
  new LimitExceededError({
    message: `${host} answered with more than ${inBytes(most)}`,
    hint: "The server has a defect: nobody can use an answer of this size. Its operator can tell why.",
    retryable: false,
  });
