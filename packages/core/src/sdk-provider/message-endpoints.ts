import { parseUrl } from "@mcp-assistant/protocol";
import { isEventStream } from "../outbound/answer-kind.js";
import { maxHeadBytes, readFirstEvent } from "../server/http-sse.js";

/** An open stream, and the address that its first event has named. */
interface OpenStream {
  endpoint: string | undefined;
}

/**
 * Where HTTP+SSE servers want their messages: the first event of a stream names the address (MCP 2024-11-05, transports).
 * It counts while that stream is open and only within its origin. A server that names another path has the token already,
 * so this tells no one else about it that the server could not have told itself.
 */
export class MessageEndpoints {
  readonly #streams = new Set<OpenStream>();

  has(url: URL): boolean {
    return [...this.#streams].some(({ endpoint }) => endpoint === url.href);
  }

  /** The same answer of a server, whose stream is now watched. */
  watch(response: Response, server: URL): Response {
    const { body, status, headers } = response;
    if (!body || !isEventStream(response)) return response;
    const stream: OpenStream = { endpoint: undefined };
    this.#streams.add(stream);
    const close = () => this.#streams.delete(stream);
    const reader = body.getReader();
    const look = lookForEndpoint(server, (endpoint) => {
      stream.endpoint = endpoint;
    });
    const watched = new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const { value, done } = await reader.read().catch((error: unknown) => {
            close();
            throw error;
          });
          if (value) {
            look(value);
            controller.enqueue(value);
          }
          if (!done) return;
          close();
          controller.close();
        },
        cancel: (reason) => {
          close();
          return reader.cancel(reason);
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(watched, { status, headers });
  }
}

/** Takes the bytes of a stream, and tells the address in its first event, once. */
function lookForEndpoint(server: URL, tell: (endpoint: string) => void): (bytes: Uint8Array<ArrayBuffer>) => void {
  return readFirstEvent(({ type, data }) => {
    if (type !== "endpoint" || data.length > maxHeadBytes) return;
    const named = parseUrl(Buffer.from(data).toString(), server.href);
    if (named?.origin !== server.origin) return;
    named.hash = "";
    tell(named.href);
  });
}
