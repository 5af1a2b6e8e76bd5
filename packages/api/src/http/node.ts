import type { IncomingMessage, ServerResponse } from "node:http";
import { hostNameOf } from "./edge/browser-address.js";
import { bodyAlreadyRead, refusalResponse } from "./edge/refusal.js";

/** A request of node:http, Express or Fastify. Our declarations do not name node:http, because an app may lack its types. */
interface NodeRequest {
  method?: string | undefined;
  url?: string | undefined;
}

/** A response of node:http or Express, or a reply of Fastify. */
interface NodeResponse {
  statusCode: number;
}

/** What a listener is given: Fastify has the objects of node:http in `raw`. */
type Given = { raw?: IncomingMessage } & IncomingMessage & ReadBefore;
type Answered = { raw?: ServerResponse; hijack?: () => unknown } & ServerResponse;

type Body = NonNullable<RequestInit["body"]>;

/** What handles one method of a request. */
type Handle = (request: Request) => Promise<Response>;

/** What a body parser in front of us leaves on the request. */
interface ReadBefore {
  body?: unknown;
  rawBody?: unknown;
}

/**
 * Makes a listener of what {@link createMcpHandler} returned, for node:http (`createServer(toNodeHandler(handler))`),
 * Express (`app.use("/api/mcp", toNodeHandler(handler))`) and Fastify (`app.all("/api/mcp/*", toNodeHandler(handler))`).
 *
 * A browser that goes away aborts the request's `signal`. A body that was already read, such as by `express.json()`, is
 * taken from `rawBody` or `body`. The promise never rejects: a failure is answered, or ends the connection.
 */
export function toNodeHandler(
  handler: { GET: Handle } & Record<string, Handle>,
): (request: NodeRequest, response: NodeResponse) => Promise<void> {
  return async (request, response) => {
    const [given, answered] = [request as Given, response as Answered];
    const { raw: incoming = given } = given;
    const { raw: outgoing = answered } = answered;
    // Fastify would otherwise send an answer of its own when the promise resolves.
    answered.hijack?.();
    // Without a listener, the error of a broken connection would end the process.
    outgoing.on("error", () => undefined);
    const gone = new AbortController();
    outgoing.once("close", () => gone.abort());
    if (outgoing.destroyed) gone.abort();
    try {
      const asked = toRequest(incoming, given, gone.signal);
      const handle = handler[asked instanceof Request ? asked.method : "GET"] ?? handler.GET;
      await send(asked instanceof Request ? await handle(asked) : asked, outgoing);
    } catch {
      if (outgoing.headersSent) outgoing.destroy();
      else outgoing.writeHead(500, { "content-type": "text/plain; charset=utf-8" }).end("Something went wrong.\n");
    }
  };
}

/** The request as our handler takes it, or the answer to one that cannot be given to it. */
function toRequest(incoming: IncomingMessage, before: ReadBefore, signal: AbortSignal): Request | Response {
  const { method = "GET", socket } = incoming;
  // Routers remove their mount point from `url`. Express keeps the whole path in `originalUrl`.
  const { originalUrl = incoming.url ?? "/" } = incoming as IncomingMessage & { originalUrl?: string };
  const path = originalUrl.replace(/^https?:\/\/[^/?#]*/i, "");
  const { host = "" } = incoming.headers;
  // An odd Host is judged by its header. Here it could turn into another part of the address.
  const authority = hostNameOf(host) === undefined ? "localhost" : host;
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    // HTTP/2 has its own fields, which begin with a colon.
    if (value !== undefined && !name.startsWith(":")) headers.set(name, String(value));
  }
  const init: RequestInit & { duplex: "half" } = { method, headers, signal, duplex: "half" };
  if (method !== "GET" && method !== "HEAD") {
    const body = bodyOf(incoming, before);
    if (body === null) return refusalResponse(bodyAlreadyRead(), { asTrpc: path.includes("/trpc/") });
    init.body = body;
    // They describe the body as it arrived.
    if (!(body instanceof ReadableStream))
      for (const name of ["content-length", "content-encoding"]) headers.delete(name);
  }
  try {
    const scheme = "encrypted" in socket && socket.encrypted ? "https" : "http";
    return new Request(`${scheme}://${authority}${path.startsWith("/") ? path : `/${path}`}`, init);
  } catch {
    return new Response("This request cannot be read.\n", { status: 400 });
  }
}

/** The body of a request: what is still to be read or, if it was read before, what is left of it. Null if nothing is. */
function bodyOf(incoming: IncomingMessage, before: ReadBefore): Body | null {
  if (before.rawBody !== undefined) return asBody(before.rawBody);
  if (!incoming.readableDidRead && !incoming.readableEnded) return streamOf(incoming);
  // `readableEnded` without data: there was no body.
  if (before.body === undefined) return incoming.readableDidRead ? null : new Uint8Array();
  return asBody(before.body);
}

const asBody = (body: unknown): Body =>
  typeof body === "string" || body instanceof Uint8Array ? (body as Body) : JSON.stringify(body);

/** Reads a body as slowly as it is asked for. Cancelling it leaves the connection open for the answer. */
function streamOf(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  const chunks: AsyncIterator<Buffer> = incoming.iterator({ destroyOnReturn: false });
  return new ReadableStream(
    {
      async pull(controller) {
        const { value, done } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(new Uint8Array(value));
      },
    },
    { highWaterMark: 0 },
  );
}

/** Sends a response as fast as the browser reads it. Ends with the response, or when the browser has gone. */
async function send({ status, headers, body }: Response, outgoing: ServerResponse): Promise<void> {
  const reader = body?.getReader();
  // A read that is under way ends with it.
  const cancel = () => void reader?.cancel().catch(() => undefined);
  if (outgoing.destroyed || outgoing.headersSent) return cancel();
  outgoing.once("close", cancel);
  outgoing.statusCode = status;
  for (const [name, value] of headers) {
    // Each cookie is a header of its own, besides those that the app's own middleware has set.
    if (name === "set-cookie") outgoing.appendHeader(name, value);
    else outgoing.setHeader(name, value);
  }
  if (!reader) return void outgoing.end();
  // An event stream may wait long for its first event.
  outgoing.flushHeaders();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    if (outgoing.destroyed) return;
    if (!outgoing.write(next.value)) await drained(outgoing);
  }
  outgoing.end();
}

/** Resolves when more can be written, or never will be. */
function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      outgoing.off("drain", done).off("close", done);
      resolve();
    };
    outgoing.on("drain", done).on("close", done);
    if (outgoing.destroyed) done();
  });
}
