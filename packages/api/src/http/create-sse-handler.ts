import { ConfigurationError, defaultMcp, type Mcp } from "@mcp-assistant/core";
import { isMcpSessionError, parseUrl } from "@mcp-assistant/protocol";
import { createMcpHandler, type McpRequestHandler } from "./create-mcp-handler.js";
import { answerAtEdge } from "./edge/edge.js";
import { isEndOf, pathsBelow } from "./edge/path-below.js";
import { bodyAlreadyRead, brokenBody, misconfigured, notFound, type Refusal, refusalResponse } from "./edge/refusal.js";
import { warnIfAlone, warnOfAddress } from "./mounted.js";
import { BodyTakenError, isWebRequest, type NodeRequest, toWebRequest } from "./node-request.js";
import { type BareResponse, watchReader, writeResponse } from "./sse/bare-response.js";
import { createSseEndpoint, refusedSse } from "./sse-endpoint.js";

export interface SSEHandlerOptions {
  /**
   * The user who sends the request, from the app's own authentication: an id, or a function that returns one, or null
   * without a signed-in user. Never take it from the query or the body. A function is called again every minute while a
   * stream is open, so that the stream of a user who has signed out ends.
   */
  userId: string | null | undefined | ((request: Request) => string | null | Promise<string | null>);
  /** ms between two heartbeats of a quiet stream, from 1 to 30 000. 15 000 by default. */
  heartbeatInterval?: number | undefined;
  /**
   * Whether this user may use the connections of the app. Called before the first byte of an answer, and again every
   * minute while a stream is open. Anything but true is a 403, and an error a 500.
   */
  onAuth?: ((userId: string) => boolean | Promise<boolean>) | undefined;
  /** What `createMcp` returned; by default {@link defaultMcp}, looked up at each request. */
  mcp?: Mcp | undefined;
}

/**
 * Answers one request. `body`: the body, if something in front has read it and left it neither in `req.body` nor in the
 * request. Resolves when the answer has been written, or its reader has gone. Never rejects.
 */
export type SSEHandler = (req: NodeRequest | Request, res: BareResponse, body?: unknown) => Promise<void>;

/**
 * The user's events and calls at one address, without tRPC: GET streams the events as Server-Sent Events, and POST
 * answers an `McpRpcRequest` with an `McpRpcResponse`. For `createServer` of `node:http`, Express, Next.js's pages
 * router, and any host that has a request and `{ writeHead, write, end }`. `createMcpHandler` serves the same at
 * `{basePath}/sse`, `/api/mcp/sse` by default.
 *
 * As the whole server, it also serves the sign-in pages, and the procedures that `useMcp` calls. Mounted at one path, it
 * cannot: mount `createMcpHandler` at `{basePath}/*`, too. Throws a `ConfigurationError` for an invalid `heartbeatInterval`.
 */
export function createSSEHandler(options: SSEHandlerOptions): SSEHandler {
  const heartbeatMs = checkInterval(options.heartbeatInterval);
  const { userId: given, onAuth } = options;
  const userId = async (request: Request) => (typeof given === "function" ? await given(request) : given) ?? null;
  let others: { mcp: Mcp; serve: McpRequestHandler } | undefined;

  async function answer(request: Request, isRouted: boolean): Promise<Response> {
    const mcp = options.mcp ?? defaultMcp();
    if (isOfHandler(request, mcp)) {
      if (others?.mcp !== mcp) others = { mcp, serve: createMcpHandler({ mcp, userId, onAuth }).GET };
      return others.serve(request);
    }
    if (isRouted) warnIfAlone(mcp);
    if (typeof given === "string" && new URL(request.url).searchParams.has("userId", given)) warnOfAddress(mcp);
    const route = createSseEndpoint({ mcp, userId, onAuth, ...(heartbeatMs === undefined ? {} : { heartbeatMs }) });
    return answerAtEdge(request, { mcp, route, missing: notFound(mcp), write: refusedSse(request.method) });
  }

  return async (req, res, body) => {
    const gone = new AbortController();
    const response = await orElse(
      async () => {
        watchReader(res, gone);
        if (isWebRequest(req)) onAbort(req.signal, () => gone.abort());
        const isRouted = isWebRequest(req) || "originalUrl" in req || "query" in req;
        // Express passes its `next` there.
        const read = typeof body === "function" ? undefined : body;
        return answer(toWebRequest(req, { signal: gone.signal, body: read }), isRouted);
      },
      (error) => refusalResponse(refusalOf(error), refusedSse(req?.method ?? "GET")),
    );
    await writeResponse(response, { res, gone });
  };
}

async function orElse(work: () => Promise<Response>, instead: (error: unknown) => Response): Promise<Response> {
  try {
    return await work();
  } catch (error) {
    return instead(error);
  }
}

function onAbort(signal: AbortSignal, act: () => void): void {
  if (signal.aborted) act();
  else signal.addEventListener("abort", act, { once: true });
}

/** The pages, document and procedures of `createMcpHandler`, which an app needs even if it has this handler alone. */
function isOfHandler(request: Request, mcp: Mcp): boolean {
  const { pathname } = new URL(request.url);
  const isOther = (path: string) => /^\/(?:auth\/|trpc\/|client-metadata\.json$)/.test(path);
  if (pathsBelow(pathname, mcp.basePath).some(isOther)) return true;
  return request.method === "GET" && mcp.callbackUrls.some((url) => isEndOf(parseUrl(url)?.pathname ?? "", pathname));
}

/** Why a request did not get to the edge. */
function refusalOf(error: unknown): Refusal {
  if (isMcpSessionError(error)) return misconfigured(error);
  return error instanceof BodyTakenError ? bodyAlreadyRead() : brokenBody();
}

function checkInterval(heartbeatInterval: number | undefined): number | undefined {
  if (heartbeatInterval === undefined) return undefined;
  if (Number.isInteger(heartbeatInterval) && heartbeatInterval >= 1 && heartbeatInterval <= 30_000)
    return heartbeatInterval;
  throw new ConfigurationError(
    `createSSEHandler: heartbeatInterval is ${heartbeatInterval}`,
    "Use a whole number of milliseconds from 1 to 30000: readers and proxies give up a stream that is quiet for longer.",
  );
}
