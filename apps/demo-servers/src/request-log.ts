import type { Request, RequestHandler, Response } from "express";
import * as z from "zod";

/** How many requests are kept at most: a demo server may run for days. */
const MAX_REQUESTS = 10_000;

/** One answered request, without anything that could be secret (query, headers, bodies, ids within a path). */
export interface RecordedRequest {
  readonly server: "mcp" | "authorization";
  /** The HTTP method. */
  readonly method: string;
  /** The path, with ids replaced by their name: `/interaction/:uid`. */
  readonly path: string;
  /** The HTTP status. */
  readonly status: number;
  /** The `grant_type` of a token request. */
  readonly grantType?: string;
  /** The JSON-RPC method of an MCP POST, such as `tools/call`. */
  readonly rpcMethod?: string;
}

type Observed = Omit<RecordedRequest, "status">;

interface Entry {
  observe: () => Observed;
  /** `undefined` while the request is unanswered; a stream is answered once its headers are sent. */
  status: () => number | undefined;
}

/** How to read a server's requests: servers differ in where ids and grant types are found. */
interface Reading {
  nameIds?: (path: string) => string;
  grantType?: (request: Request) => string | undefined;
}

const rpcSchema = z.object({ method: z.string().max(100) });

/** Records what clients ask of a demo server, so that a test can tell one refresh from two. */
export class RequestLog {
  #entries: Entry[] = [];
  readonly #maxRequests: number;

  constructor(maxRequests = MAX_REQUESTS) {
    this.#maxRequests = maxRequests;
  }

  list(): readonly RecordedRequest[] {
    return this.#entries.flatMap(({ observe, status }) => {
      const answered = status();
      return answered === undefined ? [] : [{ ...observe(), status: answered }];
    });
  }

  reset(): void {
    this.#entries = [];
  }

  /** Express middleware that records each request. The JSON body may be parsed before or after it. */
  record(server: RecordedRequest["server"], { nameIds, grantType }: Reading = {}): RequestHandler {
    return (request, response, next) => {
      const { method } = request;
      const path = nameIds?.(request.path) ?? request.path;
      const observe = (): Observed => {
        const grant = grantType?.(request);
        const rpc = rpcSchema.safeParse(request.body).data;
        return {
          server,
          method,
          path,
          ...(grant === undefined ? {} : { grantType: grant }),
          ...(rpc === undefined ? {} : { rpcMethod: rpc.method }),
        };
      };
      this.#append({ observe, status: () => sentStatus(response) }, response);
      next();
    };
  }

  #append(entry: Entry, response: Response): void {
    this.#entries.push(entry);
    if (this.#entries.length > this.#maxRequests) this.#entries.shift();
    // From here on, keep only plain values, not the request with its socket and body.
    response.once("close", () => {
      const observed = entry.observe();
      const status = sentStatus(response);
      entry.observe = () => observed;
      entry.status = () => status;
    });
  }
}

/**
 * Serves the log to tests in other processes: `GET /__requests` lists, `DELETE /__requests` resets.
 * Mount it before the recording middleware, so that these requests are not recorded.
 */
export function requestLogRoute(log: RequestLog): RequestHandler {
  return (request, response, next) => {
    if (request.path !== "/__requests") return next();
    if (request.method === "DELETE") {
      log.reset();
      response.status(204).end();
    } else {
      response.json(log.list());
    }
  };
}

function sentStatus(response: Response): number | undefined {
  return response.headersSent ? response.statusCode : undefined;
}
