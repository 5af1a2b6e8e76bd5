import { isEventStream } from "./edge/passed-on.js";
import { maxStallMs } from "./edge/stall.js";

/**
 * What we need of a response that a host passes: `node:http`'s own has all of it, and so have those of Express and
 * Next.js. Three functions are enough, such as `{ writeHead, write, end }` over the controller of a stream.
 */
export interface BareResponse {
  writeHead(status: number, headers: Record<string, string | string[]>): unknown;
  /**
   * False: wait for `drain`. A promise: wait for it. Anything else but true: it is not known what has been taken. A throw
   * or a rejection: the reader has gone.
   */
  write(text: string): unknown;
  end(): unknown;
  appendHeader?(name: string, value: string): unknown;
  flushHeaders?(): unknown;
  on?(event: "close" | "drain" | "error", listener: () => void): unknown;
  off?(event: "close" | "drain" | "error", listener: () => void): unknown;
  destroy?(): unknown;
  readonly destroyed?: boolean;
}

/** The most (bytes) that is written at once. So a reader who is slow, but still reads, does not count as stalled. */
const maxWriteBytes = 65_536;

/**
 * How much (bytes, plus one event) a stream may write to a host that does not tell what has been taken. It bounds what
 * a slow reader leaves in memory. Then the stream ends, and its reader resumes it.
 */
const maxUnconfirmedBytes = 4_194_304;

/** Ends `gone` when the reader leaves, as far as the host tells. */
export function watchReader(res: BareResponse, gone: AbortController): void {
  const left = () => gone.abort();
  res.on?.("close", left);
  // Without a listener, an error of a response ends the Node process.
  res.on?.("error", left);
  if (res.destroyed) left();
}

export interface WriteOptions {
  res: BareResponse;
  /** See {@link watchReader}. It is aborted when the response has been written, too. */
  gone: AbortController;
  /** Writes a part of the body. What it returns means what it means for {@link BareResponse.write}. */
  write: (bytes: Uint8Array) => unknown;
}

/** Writes a response as fast as its reader takes it, to its end or until the reader has gone. Never rejects. */
export async function writeResponse({ status, headers, body }: Response, options: WriteOptions): Promise<void> {
  const { res, gone } = options;
  const reader = body?.getReader();
  // A read that is under way ends with it.
  const cancel = () => void reader?.cancel().catch(() => undefined);
  if (gone.signal.aborted) cancel();
  else gone.signal.addEventListener("abort", cancel, { once: true });
  const isStream = isEventStream(headers);
  let hasBegun = false;
  let unconfirmed = 0;
  try {
    if (!gone.signal.aborted) res.writeHead(status, headersOf(headers, res));
    hasBegun = true;
    // A body may wait long for its first part.
    if (reader) res.flushHeaders?.();
    while (reader && !(isStream && unconfirmed > maxUnconfirmedBytes)) {
      const { value, done } = await reader.read();
      if (done || gone.signal.aborted) break;
      unconfirmed += await writePart(value, options);
    }
  } catch {
    // The reader has gone, or the response has failed. What is cut off must not look complete.
    if (hasBegun) res.destroy?.();
  } finally {
    gone.abort();
    end(res);
  }
}

/** Returns how many bytes were written of which the host does not tell whether they have been taken. */
async function writePart(part: Uint8Array, { res, gone, write }: WriteOptions): Promise<number> {
  let unconfirmed = 0;
  for (let at = 0; at < part.byteLength && !gone.signal.aborted; at += maxWriteBytes) {
    const bytes = part.subarray(at, at + maxWriteBytes);
    const taken = await settled(write(bytes), gone.signal);
    if (taken === false && res.on) await drained(res, gone);
    else if (taken !== true) unconfirmed += bytes.byteLength;
  }
  return unconfirmed;
}

/** Resolves when the host can take more. Cuts the connection of a reader who takes nothing. */
function drained(res: BareResponse, gone: AbortController): Promise<void> {
  const { signal } = gone;
  return new Promise((resolve) => {
    const stop = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      res.off?.("drain", stop);
      resolve();
    };
    const timer = setTimeout(() => {
      // `end` would wait for the reader, too.
      res.destroy?.();
      gone.abort();
    }, maxStallMs).unref();
    res.on?.("drain", stop);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}

function end(res: BareResponse): void {
  try {
    Promise.resolve(res.end()).catch(() => undefined);
  } catch {
    // It has ended already.
  }
}

/** What a write came to: a host may answer with a promise, which rejects when the reader has gone. */
async function settled(written: unknown, gone: AbortSignal): Promise<unknown> {
  if (typeof Object(written).then !== "function") return written;
  const ended = new AbortController();
  const left = new Promise<void>((resolve) => {
    gone.addEventListener("abort", () => resolve(), { once: true, signal: ended.signal });
  });
  await Promise.race([written, left]).finally(() => ended.abort());
  return true;
}

/** Each cookie is a header of its own (RFC 6265 §3), besides those that the app's own middleware has set. */
function headersOf(headers: Headers, res: BareResponse): Record<string, string | string[]> {
  const cookies = headers.getSetCookie();
  if (res.appendHeader) {
    for (const cookie of cookies) res.appendHeader("set-cookie", cookie);
    return Object.fromEntries([...headers].filter(([name]) => name !== "set-cookie"));
  }
  return { ...Object.fromEntries(headers), ...(cookies.length > 0 ? { "set-cookie": cookies } : {}) };
}
