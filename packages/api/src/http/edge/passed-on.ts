import { setImmediate as nextTurn } from "node:timers/promises";

/** The most (bytes) that is passed on at once. So the end comes when nearly everything has been taken. */
const maxPartBytes = 65_536;

export const isEventStream = (headers: Headers): boolean =>
  headers.get("content-type")?.startsWith("text/event-stream") ?? false;

export interface PassOnOptions {
  /** Runs once, however the body ends: read to its end, failed, cut off, or cancelled because the reader has gone. */
  over: () => void;
  /** What comes before the body. */
  preamble?: string;
  /** Cuts the body off, with its reason. */
  stopped?: AbortSignal;
  /** Runs when a part waits for its reader, and again (`false`) when the reader asks for the next one. */
  waiting?: (waits: boolean) => void;
}

/**
 * The same body, whose end is noticed. It is passed on in parts: small chunks that are ready in one turn of the event
 * loop go together, because writing a chunk costs more than its bytes do.
 */
export function passedOn(
  body: ReadableStream<Uint8Array>,
  { over, preamble = "", stopped, waiting }: PassOnOptions,
): ReadableStream<Uint8Array> {
  const parts = new Parts(body.getReader(), new TextEncoder().encode(preamble));
  let isOver = false;
  const end = () => {
    if (isOver) return;
    isOver = true;
    waiting?.(false);
    over();
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        waiting?.(true);
        const cut = () => {
          if (isOver) return;
          end();
          controller.error(stopped?.reason);
          void parts.cancel();
        };
        stopped?.addEventListener("abort", cut, { once: true });
      },
      async pull(controller) {
        waiting?.(false);
        try {
          const part = await parts.next();
          if (isOver) return;
          if (part) {
            controller.enqueue(part);
            waiting?.(true);
            return;
          }
          end();
          controller.close();
        } catch (error) {
          end();
          throw error;
        }
      },
      async cancel(reason) {
        end();
        await parts.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

/** Reads a body in parts. It reads one chunk ahead at most. */
class Parts {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #reading: Promise<void> | undefined;
  #end: { error?: unknown } | undefined;

  constructor(reader: ReadableStreamDefaultReader<Uint8Array>, first: Uint8Array) {
    this.#reader = reader;
    this.#add(first);
  }

  /** Undefined at the end. Rejects with the body's error, after all that came before it. */
  async next(): Promise<Uint8Array | undefined> {
    while (this.#bytes === 0 && !this.#end) await this.#read();
    if (this.#bytes < maxPartBytes && !this.#end) await this.#gather();
    if (this.#bytes > 0) return this.#take();
    if (this.#end && "error" in this.#end) throw this.#end.error;
    return undefined;
  }

  /** What waits is dropped. */
  async cancel(reason?: unknown): Promise<void> {
    this.#chunks = [];
    this.#bytes = 0;
    await this.#reader.cancel(reason).catch(() => undefined);
  }

  async #gather(): Promise<void> {
    let isOver = false;
    const turn = nextTurn().then(() => {
      isOver = true;
    });
    while (this.#bytes < maxPartBytes && !isOver && !this.#end) await Promise.race([this.#read(), turn]);
    await turn;
  }

  #read(): Promise<void> {
    this.#reading ??= this.#reader
      .read()
      .then(
        ({ value, done }) => {
          if (done) this.#end = {};
          else this.#add(value);
        },
        (error: unknown) => {
          this.#end = { error };
        },
      )
      .finally(() => {
        this.#reading = undefined;
      });
    return this.#reading;
  }

  #add(chunk: Uint8Array): void {
    if (chunk.byteLength === 0) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.byteLength;
  }

  #take(): Uint8Array {
    const [only] = this.#chunks;
    const all = only && this.#chunks.length === 1 ? only : Buffer.concat(this.#chunks);
    [this.#chunks, this.#bytes] = [[], 0];
    this.#add(all.subarray(maxPartBytes));
    return all.subarray(0, maxPartBytes);
  }
}
