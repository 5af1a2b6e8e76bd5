import { SdkHttpError } from "@modelcontextprotocol/client";
import type { Fetch } from "../outbound/guarded-fetch.js";

/** How long (ms) the stream of an older server may take to say what it is, and how much (bytes) it may say before. */
const [maxWaitMs, maxHeadBytes] = [3_000, 8_192];

/** What a server that knows no POST at its address answers to one (MCP 2025-11-25, transports, backwards compatibility). */
const refusals: ReadonlySet<number> = new Set([400, 404, 405]);

/** Whether a handshake failed as it does with a server that speaks HTTP+SSE alone. */
export const mayBeHttpSse = (error: unknown) => error instanceof SdkHttpError && refusals.has(error.status);

interface HttpSseOptions {
  /** The bearer token of the handshake, where it had one. */
  token: () => Promise<string | undefined>;
  signal: AbortSignal;
}

/**
 * Whether a server answers a GET as one of HTTP+SSE does: with a stream whose first event is `endpoint` (MCP 2024-11-05,
 * transports). Never throws: whatever else there is at the address, it is not that.
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
    return isStream && response.body !== null && (await firstEvent(response.body)) === "endpoint";
  } catch {
    return false;
  } finally {
    enough.abort("The first event is enough");
  }
}

/** Refuses a stream that says too much before its first event has ended. */
class HeadMeter {
  #bytes = 0;

  take(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    if (this.#bytes > maxHeadBytes) throw new Error("Its first event is too long");
  }
}

/** The type of a stream's first event (WHATWG HTML, server-sent events); `undefined` when it has none, or ends before. */
async function firstEvent(body: ReadableStream<Uint8Array>): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    const ended = text.replace(/\r\n?/g, "\n").split("\n\n").slice(0, -1);
    // What has no data, such as a comment, is no event.
    const event = ended.find((block) => /^data/m.test(block));
    if (event !== undefined) return /^event: ?(.*)$/m.exec(event)?.[1];
  }
  return undefined;
}
