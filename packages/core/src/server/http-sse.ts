import { SdkHttpError } from "@modelcontextprotocol/client";
import { isEventStream } from "../outbound/answer-kind.js";
import { EventStreamReader, type ServerSentEvent } from "../outbound/event-stream.js";
import type { Fetch } from "../outbound/guarded-fetch.js";

/** The limits on time (ms) and size (bytes) up to the end of the first event of an older server's stream. */
const maxWaitMs = 3_000;
export const maxHeadBytes = 8_192;
/** The maximum (bytes) that arrives on the socket until then, with the heads and TLS. */
const maxWireBytes = 65_536;

/** The statuses with which an HTTP+SSE server refuses a POST (MCP 2025-11-25, transports, backwards compatibility). */
const refusals: ReadonlySet<number> = new Set([400, 404, 405]);

/** Whether a handshake failed the way it does with a server that speaks only HTTP+SSE. */
export const mayBeHttpSse = (error: unknown) => error instanceof SdkHttpError && refusals.has(error.status);

interface HttpSseOptions {
  /** The bearer token of the handshake, if it had one. */
  token: () => Promise<string | undefined>;
  signal: AbortSignal;
}

/**
 * Whether a server answers a GET like an HTTP+SSE server: with a stream whose first event is `endpoint` (MCP
 * 2024-11-05, transports). Never throws; any failure means that it is not such a server.
 */
export async function isHttpSse(fetch: Fetch, url: URL, { token, signal }: HttpSseOptions): Promise<boolean> {
  const enough = new AbortController();
  // Compressed, a few bytes of an answer can take any number of bytes.
  const wire = new HeadMeter(maxWireBytes);
  try {
    const bearer = await token();
    const response = await fetch(url, {
      headers: { accept: "text/event-stream", ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }) },
      signal: AbortSignal.any([signal, enough.signal, AbortSignal.timeout(maxWaitMs)]),
      meter: { events: () => new HeadMeter(maxHeadBytes), whole: () => new HeadMeter(maxHeadBytes) },
      took: (bytes) => wire.take({ length: bytes }),
    });
    return isEventStream(response) && response.body !== null && (await firstEvent(response.body))?.type === "endpoint";
  } catch {
    return false;
  } finally {
    enough.abort("The first event is enough");
  }
}

/** Refuses a stream that sends too much before its first event ends. */
class HeadMeter {
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  take({ length }: { readonly length: number }): void {
    this.#bytes += length;
    if (this.#bytes > this.#maxBytes) throw new Error("Its first event is too long");
  }
}

/** A stream's first event; `undefined` if the stream ends before it. */
async function firstEvent(body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<ServerSentEvent | undefined> {
  let first: ServerSentEvent | undefined;
  const read = readFirstEvent((event) => {
    first = event;
  });
  for await (const chunk of body) {
    read(chunk);
    if (first) return first;
  }
  return undefined;
}

/** Takes the bytes of a stream of the guarded fetch, which limits them, and tells the first event, once. */
export function readFirstEvent(tell: (event: ServerSentEvent) => void): (chunk: Uint8Array<ArrayBuffer>) => void {
  let isTold = false;
  const reader = new EventStreamReader({
    onEvent: (event) => {
      if (!isTold) tell(event);
      isTold = true;
    },
  });
  return (chunk) => {
    if (!isTold) reader.take(chunk);
  };
}
