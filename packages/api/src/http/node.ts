import type { IncomingMessage, ServerResponse } from "node:http";
import { ConfigurationError } from "@mcp-assistant/core";
import { watchReader, writeResponse } from "./bare-response.js";
import { asText, failed, Refusal, refusalResponse } from "./edge/refusal.js";
import { type ReadBefore, toWebRequest } from "./node-request.js";

/**
 * A request of node:http, Express or Fastify. Our declarations do not name node:http, because an app may lack its
 * types.
 */
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
 * A browser that goes away aborts the request's `signal`. One that takes nothing for a minute is cut off. A body that was
 * already read, such as by `express.json()`, is taken from `rawBody` or `body`. The promise never rejects: a failure is
 * answered, or ends the connection.
 *
 * @throws {ConfigurationError} The handler is not what `createMcpHandler` returned.
 */
export function toNodeHandler(
  handler: { GET: Handle } & Record<string, Handle>,
): (request: AnyNodeRequest, response: AnyNodeResponse) => Promise<void> {
  if (typeof Object(handler).GET !== "function") {
    throw new ConfigurationError(
      "toNodeHandler: this is not what createMcpHandler returned",
      "Write toNodeHandler(createMcpHandler({ mcp, userId })), with all of its methods.",
    );
  }
  return async (request, response) => {
    const [given, answered] = [request as Given, response as Answered];
    const { raw: incoming = given } = given;
    const { raw: outgoing = answered } = answered;
    // Fastify would otherwise send an answer of its own when the promise resolves.
    answered.hijack?.();
    const gone = new AbortController();
    watchReader(outgoing, gone);
    const answer = await answerOf(handler, () => toWebRequest(incoming, { signal: gone.signal, before: given }));
    // Something else has answered in the meantime, such as a time-out.
    if (outgoing.headersSent) return void answer.body?.cancel().catch(() => undefined);
    await writeResponse(answer, { res: outgoing, gone, write: (bytes) => outgoing.write(bytes) });
  };
}

async function answerOf(handler: Parameters<typeof toNodeHandler>[0], asked: () => Request): Promise<Response> {
  try {
    const request = asked();
    return await (handler[request.method] ?? handler.GET)(request);
  } catch (error) {
    return refusalResponse(error instanceof Refusal ? error : failed(), asText);
  }
}
