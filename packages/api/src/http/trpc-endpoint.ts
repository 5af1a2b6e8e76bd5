import type { Mcp } from "@mcp-assistant/core";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { createAppRouter } from "../router/app-router.js";
import { mcpResponseMeta } from "../router/errors.js";
import type { Route } from "./edge/edge.js";
import { asEventStream } from "./event-stream-response.js";

export interface TrpcEndpointOptions {
  mcp: Mcp;
  userId: (request: Request) => string | null | Promise<string | null>;
}

/** The path in front of the procedure names, once nothing but them is left of the request's own path. */
const endpoint = "/trpc";

/** Serves the tRPC procedures and the event stream. Mutations need POST, queries need GET. */
export function createTrpcEndpoint({ mcp, userId }: TrpcEndpointOptions): Route["serve"] {
  const router = createAppRouter(mcp);
  return async (request, body) => {
    const over = new AbortController();
    const asking = new AskingOnce(async () => userId(request));
    let reported: unknown;
    const response = await fetchRequestHandler({
      endpoint,
      req: endingWith(over.signal, request, body),
      router,
      maxBatchSize: 20,
      allowMethodOverride: false,
      responseMeta: mcpResponseMeta,
      onError: ({ error, path }) => {
        // tRPC calls this twice for an error at the start of a stream.
        if (error.code !== "INTERNAL_SERVER_ERROR" || error === reported) return;
        reported = error;
        mcp.report(`${path ?? "A request"} failed`, error.cause);
      },
      createContext: async () => ({ userId: () => asking.ask() }),
    });
    asking.answered();
    // RFC 9110 §15.5.6: a 405 names the allowed method.
    if (response.status === 405) response.headers.set("allow", request.method === "GET" ? "POST" : "GET");
    return asEventStream(response, () => over.abort());
  };
}

/** Asks for the user once for all calls of a batch, and again whenever a stream checks it after the answer. */
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
 * A copy of the request that our signal can abort, too: some hosts cancel the response's body when a browser goes away
 * but never abort the request. It is built from parts, because a framework's own Request class cannot always be copied.
 */
function endingWith(signal: AbortSignal, request: Request, body: Uint8Array<ArrayBuffer> | undefined): Request {
  const { method, headers } = request;
  const url = new URL(request.url);
  url.pathname = `${endpoint}/${url.pathname.split("/").findLast((segment) => segment !== "")}`;
  return new Request(url, { method, headers, signal: AbortSignal.any([request.signal, signal]), body: body ?? null });
}
