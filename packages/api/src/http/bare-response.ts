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
  on?(event: "close" | "drain" | "error", listener: () => void): unknown;
  off?(event: "close" | "drain" | "error", listener: () => void): unknown;
  destroy?(): unknown;
  readonly destroyed?: boolean;
}

/** How long (ms) a reader may take nothing before its stream is ended. */
const maxStallMs = 60_000;

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

/**
 * Writes a response to its end, or until the reader has gone. Never rejects. Text is written as text, because some hosts
 * encode what they are given.
 */
export async function writeResponse(
  response: Response,
  { res, gone }: { res: BareResponse; gone: AbortController },
): Promise<void> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  const cancel = () => void reader?.cancel().catch(() => undefined);
  if (gone.signal.aborted) cancel();
  else gone.signal.addEventListener("abort", cancel, { once: true });
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
  let unconfirmed = 0;
  try {
    if (!gone.signal.aborted) res.writeHead(response.status, headersOf(response, res));
    while (reader && !(isStream && unconfirmed > maxUnconfirmedBytes)) {
      const { value, done } = await reader.read();
      if (done || gone.signal.aborted) break;
      const taken = await settled(res.write(decoder.decode(value, { stream: true })), gone.signal);
      if (taken === false && res.on) await drained(res, gone.signal);
      else if (taken !== true) unconfirmed += value.byteLength;
    }
  } catch {
    // The reader has gone, or the response has failed. There is no one left to tell.
  } finally {
    gone.abort();
    end(res);
  }
}

/** Resolves when the host can take more. Ends the connection of a reader who takes nothing. */
function drained(res: BareResponse, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      clearTimeout(timer);
      gone.removeEventListener("abort", stop);
      res.off?.("drain", stop);
      resolve();
    };
    const timer = setTimeout(() => {
      // `end` would wait for the reader, too.
      res.destroy?.();
      stop();
    }, maxStallMs).unref();
    res.on?.("drain", stop);
    if (gone.aborted) stop();
    else gone.addEventListener("abort", stop, { once: true });
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
function headersOf({ headers }: Response, res: BareResponse): Record<string, string | string[]> {
  const cookies = headers.getSetCookie();
  if (res.appendHeader) {
    for (const cookie of cookies) res.appendHeader("set-cookie", cookie);
    return Object.fromEntries([...headers].filter(([name]) => name !== "set-cookie"));
  }
  return { ...Object.fromEntries(headers), ...(cookies.length > 0 ? { "set-cookie": cookies } : {}) };
}
