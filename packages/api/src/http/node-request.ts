import { parseUrl } from "@mcp-assistant/protocol";
import { type Refusal, unreadable } from "./edge/refusal.js";
import { BodyTakenError } from "./edge/request-body.js";

/** What we need of a request of `node:http`. Those of Express and of Next.js's pages router are the same object. */
export interface NodeRequest extends ReadBefore {
  method?: string | undefined;
  /** The path and query. */
  url?: string | undefined;
  /** The same before a framework has cut off the path at which it mounts a handler (Express). */
  originalUrl?: string | undefined;
  headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  socket?: object | undefined;
  /** Whether something has begun to read the body. */
  readableDidRead?: boolean | undefined;
  /** Whether the end of the body has been read, also of one that is empty. */
  readableEnded?: boolean | undefined;
  [Symbol.asyncIterator]?(): AsyncIterator<unknown>;
}

/** What a body parser in front of us leaves on the request. */
export interface ReadBefore {
  /** What it has made of the body. */
  body?: unknown;
  /** The body as it arrived. */
  rawBody?: unknown;
}

export interface ToRequestOptions {
  /** Aborts when the sender has gone. */
  signal: AbortSignal;
  /** The body, if it has already been read: text, bytes, or the value that was parsed from it. */
  body?: unknown;
  /** Where a body parser has left the body, if that is not the request itself. */
  before?: ReadBefore | undefined;
}

type Body = string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null;

/** Whether a host passed a web request, such as a `NextRequest`. */
export function isWebRequest(request: NodeRequest | Request): request is Request {
  return typeof request.headers.get === "function";
}

/**
 * A web request for the request of a host. It is always a new one, because a framework's own class cannot always be
 * copied. Reading a body that something in front of us has read and not kept fails with a {@link BodyTakenError}. Throws a
 * {@link Refusal} of what no web request can be made of, such as TRACE.
 */
export function toWebRequest(incoming: NodeRequest | Request, options: ToRequestOptions): Request {
  try {
    return copyOf(incoming, options);
  } catch {
    throw unreadable();
  }
}

function copyOf(incoming: NodeRequest | Request, { signal, ...read }: ToRequestOptions): Request {
  const { method = "GET" } = incoming;
  const [url, headers] = isWebRequest(incoming)
    ? [incoming.url, new Headers(incoming.headers)]
    : [urlOf(incoming), headersOf(incoming)];
  const init: RequestInit & { duplex: "half" } = { method, headers, signal, duplex: "half" };
  if (method === "GET" || method === "HEAD") return new Request(url, init);
  const body = bodyOf(incoming, read);
  // They describe the body as it arrived.
  if (!(body instanceof ReadableStream))
    for (const name of ["content-length", "content-encoding"]) headers.delete(name);
  return new Request(url, { ...init, body });
}

/** A host name that a URL cannot have is kept in the headers, where it is judged. */
function urlOf({ originalUrl, url = "/", headers, socket }: NodeRequest): string {
  const scheme = socket && "encrypted" in socket && socket.encrypted ? "https" : "http";
  const origin = parseUrl(`${scheme}://${String(headers.host ?? "")}/`)?.origin ?? `${scheme}://localhost`;
  const target = originalUrl ?? url;
  if (target.startsWith("/")) return origin + target;
  // The absolute form, which proxies use (RFC 9112 §3.2.2).
  const absolute = parseUrl(target);
  return origin + (absolute ? absolute.pathname + absolute.search : "/");
}

function headersOf({ headers }: NodeRequest): Headers {
  const copied = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    // The pseudo-headers of HTTP/2 (RFC 9113 §8.3) are not headers.
    if (value === undefined || name.startsWith(":")) continue;
    for (const each of [value].flat()) copied.append(name, each);
  }
  return copied;
}

function bodyOf(incoming: NodeRequest | Request, { body, before }: Omit<ToRequestOptions, "signal">): Body {
  if (body !== undefined) return asBody(body);
  if (isWebRequest(incoming)) return incoming.bodyUsed || incoming.body?.locked ? taken() : incoming.body;
  const { readableDidRead = false, readableEnded = false } = incoming;
  const { body: parsed, rawBody } = before ?? incoming;
  if (rawBody !== undefined) return asBody(rawBody);
  const canBeRead = incoming[Symbol.asyncIterator] !== undefined;
  // Some parsers put an empty object into `body` without having read anything.
  if (canBeRead && !readableDidRead && !readableEnded) return streamOf(incoming);
  if (parsed !== undefined) return asBody(parsed);
  // It has ended without data: there was no body.
  if (canBeRead && !readableDidRead) return null;
  return taken();
}

const taken = () => new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new BodyTakenError()) });

function asBody(value: unknown): Body {
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array) return new Uint8Array(value);
  return JSON.stringify(value) ?? "";
}

/** The body chunk by chunk. It is never cancelled, so that the sender can still read why it was refused. */
function streamOf(incoming: NodeRequest): ReadableStream<Uint8Array> {
  const chunks = incoming[Symbol.asyncIterator]?.();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await chunks?.next();
        if (next?.done !== false) return controller.close();
        const chunk = next.value;
        controller.enqueue(chunk instanceof Uint8Array ? chunk : new TextEncoder().encode(String(chunk)));
      },
    },
    { highWaterMark: 0 },
  );
}
