import type { IncomingMessage, ServerResponse } from "node:http";
import { asText, asTrpc, bodyAlreadyRead, refusalResponse } from "./edge/refusal.js";
import { BodyTakenError, type ReadBefore, toWebRequest } from "./node-request.js";

/** A request of node:http, Express or Fastify. Our declarations do not name node:http, because an app may lack its types. */
interface AnyNodeRequest {
  method?: string | undefined;
  url?: string | undefined;
}

/** A response of node:http or Express, or a reply of Fastify. */
interface AnyNodeResponse {
  statusCode: number;
}

/** What a listener is given: Fastify has the objects of node:http in `raw`. */
type Given = { raw?: IncomingMessage } & IncomingMessage & ReadBefore;
type Answered = { raw?: ServerResponse; hijack?: () => unknown } & ServerResponse;

/** What handles one method of a request. */
type Handle = (request: Request) => Promise<Response>;

/**
 * Makes a listener of what `createMcpHandler` returned, for node:http (`createServer(toNodeHandler(handler))`),
 * Express (`app.use("/api/mcp", toNodeHandler(handler))`) and Fastify (`app.all("/api/mcp/*", toNodeHandler(handler))`).
 *
 * A browser that goes away aborts the request's `signal`. A body that was already read, such as by `express.json()`, is
 * taken from `rawBody` or `body`. The promise never rejects: a failure is answered, or ends the connection.
 */
export function toNodeHandler(
  handler: { GET: Handle } & Record<string, Handle>,
): (request: AnyNodeRequest, response: AnyNodeResponse) => Promise<void> {
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
  try {
    return toWebRequest(incoming, { signal, before });
  } catch (error) {
    if (!(error instanceof BodyTakenError)) return new Response("This request cannot be read.\n", { status: 400 });
    return refusalResponse(bodyAlreadyRead(), incoming.url?.includes("/trpc/") ? asTrpc : asText);
  }
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
