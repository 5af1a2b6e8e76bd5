import type { Readable } from "node:stream";
import { LimitExceededError } from "../errors.js";

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
  { host, meter, most }: { host: string; meter: AnswerMeter | undefined; most: number },
): Promise<Uint8Array<ArrayBuffer> | null> {
  const gathered = new Gathered();
  const take = (chunk: Uint8Array<ArrayBuffer>) => {
    if (gathered.length + chunk.length > most) throw tooLong(host, most);
    meter?.take(chunk);
    gathered.add(chunk);
  };
  // Not by `for await`, which costs a call more than all of this.
  return new Promise((resolve, reject) => {
    body
      .on("data", (chunk: Uint8Array<ArrayBuffer>) => {
        try {
          take(chunk);
        } catch (error) {
          reject(error);
          body.destroy();
        }
      })
      .on("end", () => resolve(gathered.length === 0 ? null : gathered.bytes))
      .on("error", reject)
      .on("close", () => reject(new Error("The answer ended before its end")));
  });
}

/** Bytes in one piece. A server may send each in a chunk of its own, and a list of those is many times what is in them. */
class Gathered {
  // Most answers come in one chunk, which is then all of it.
  #room: Uint8Array<ArrayBuffer> = new Uint8Array();
  length = 0;

  add(chunk: Uint8Array<ArrayBuffer>): void {
    const length = this.length + chunk.length;
    if (this.length === 0) this.#room = chunk;
    else {
      if (length > this.#room.length) {
        const larger = new Uint8Array(Math.max(length, this.#room.length * 2, 4_096));
        larger.set(this.bytes);
        this.#room = larger;
      }
      this.#room.set(chunk, this.length);
    }
    this.length = length;
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#room.subarray(0, this.length);
  }
}

interface Streaming {
  meter: AnswerMeter | undefined;
  /** What an error of the body or the meter is for whoever reads the stream. */
  failed: (error: unknown) => unknown;
  /** Called when the body has been read to its end, or nobody wants more of it. */
  ended: () => void;
}

/** A body as it comes: nothing is read ahead of who reads it. */
export function stream(body: Readable, { meter, failed, ended }: Streaming): ReadableStream<Uint8Array> {
  const chunks = chunksOf(body)[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          const { value, done } = await chunks.next();
          if (done) {
            ended();
            return controller.close();
          }
          meter?.take(value);
          controller.enqueue(value);
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
