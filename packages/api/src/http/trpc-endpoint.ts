import type { Mcp } from "@mcp-assistant/core";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { createAppRouter } from "../app-router.js";
import { asEventStream } from "./event-stream-response.js";

export interface TrpcEndpointOptions {
  mcp: Mcp;
  userId: (request: Request) => string | null | Promise<string | null>;
  /** The path before the procedures' names. */
  endpoint: string;
}

/** Serves the tRPC procedures and the event stream. */
export function createTrpcEndpoint({
  mcp,
  userId,
  endpoint,
}: TrpcEndpointOptions): (request: Request) => Promise<Response> {
  const router = createAppRouter(mcp);
  return async (request) => {
    // tRPC takes a path that cannot be decoded for a defect of ours.
    if (!isDecodable(new URL(request.url).pathname)) return new Response("Not found", { status: 404 });
    const over = new AbortController();
    const asking = new AskingOnce(async () => userId(request));
    let reported: unknown;
    const response = await fetchRequestHandler({
      endpoint,
      req: endingWith(over.signal, request),
      router,
      maxBatchSize: 20,
      onError: ({ error, path }) => {
        // tRPC tells of an error that a stream begins with twice.
        if (error.code !== "INTERNAL_SERVER_ERROR" || error === reported) return;
        reported = error;
        mcp.report(`${path ?? "A request"} failed`, error.cause);
      },
      createContext: async () => ({ userId: () => asking.ask() }),
    });
    asking.answered();
    return asEventStream(response, () => over.abort());
  };
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

/** One question for all calls of a batch, and a new one each time that a stream asks after the request was answered. */
class AskingOnce {
  readonly #ask: () => Promise<string | null>;
  #first: Promise<string | null> | undefined;
  #answered = false;

  constructor(ask: () => Promise<string | null>) {
    this.#ask = ask;
  }

  ask(): Promise<string | null> {
    if (this.#answered) return this.#ask();
    this.#first ??= this.#ask();
    return this.#first;
  }

  answered(): void {
    this.#answered = true;
  }
}

/**
 * The request with a signal that also ends with ours: some hosts cancel the response's body when a browser goes away,
 * and never abort the request. Made of parts, because a framework's own kind of Request cannot always be copied.
 */
function endingWith(signal: AbortSignal, request: Request): Request {
  if (request.method !== "GET") return request;
  const { url, headers } = request;
  return new Request(url, { headers, signal: AbortSignal.any([request.signal, signal]) });
}
