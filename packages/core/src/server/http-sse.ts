import { SdkHttpError } from "@modelcontextprotocol/client";
import type { Fetch } from "../outbound/guarded-fetch.js";

/** The limits on time (ms) and size (bytes) up to the end of the first event of an older server's stream. */
const maxWaitMs = 3_000;
export const maxHeadBytes = 8_192;

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
  try {
    const bearer = await token();
    const response = await fetch(url, {
      headers: { accept: "text/event-stream", ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }) },
      signal: AbortSignal.any([signal, enough.signal, AbortSignal.timeout(maxWaitMs)]),
      meter: new HeadMeter(),
    });
    const isStream = response.ok && /^text\/event-stream\b/i.test(response.headers.get("content-type") ?? "");
    return isStream && response.body !== null && (await firstEvent(response.body))?.type === "endpoint";
  } catch {
    return false;
  } finally {
    enough.abort("The first event is enough");
  }
}

/** Refuses a stream that sends too much before its first event ends. */
class HeadMeter {
  #bytes = 0;

  take(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    if (this.#bytes > maxHeadBytes) throw new Error("Its first event is too long");
  }
}

/** A stream's first event; `undefined` if the stream ends before it. */
async function firstEvent(body: ReadableStream<Uint8Array>): Promise<FirstEvent | undefined> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    const event = firstEventIn(text);
    if (event) return event;
  }
  return undefined;
}

interface FirstEvent {
  type: string | undefined;
  data: string;
}

/** The first whole event in the beginning of a stream (WHATWG HTML, server-sent events); `undefined` until one has arrived whole. */
export function firstEventIn(text: string): FirstEvent | undefined {
  const ended = text.replace(/\r\n?/g, "\n").split("\n\n").slice(0, -1);
  // A block without data, such as a comment, is not an event.
  const event = ended.find((block) => /^data/m.test(block));
  if (event === undefined) return undefined;
  return { type: /^event: ?(.*)$/m.exec(event)?.[1], data: /^data: ?(.*)$/m.exec(event)?.[1] ?? "" };
}
