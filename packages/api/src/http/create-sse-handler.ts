import { ConfigurationError, defaultMcp, type Mcp } from "@mcp-assistant/core";
import { isMcpSessionError } from "@mcp-assistant/protocol";
import { checkMcp } from "../router/check-setup.js";
import { type BareResponse, watchReader, writeResponse } from "./bare-response.js";
import { createMcpHandler, type McpRequestHandler } from "./create-mcp-handler.js";
import { answerAtEdge } from "./edge/edge.js";
import { pathsBelow } from "./edge/path-below.js";
import { failed, misconfigured, notFound, Refusal, refusalResponse } from "./edge/refusal.js";
import { warnIfAlone, warnOfAddress } from "./mounted.js";
import { isWebRequest, type NodeRequest, toWebRequest } from "./node-request.js";
import { callbackUrlsAt } from "./sign-in/callback-address.js";
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
 * As the whole server, it also serves the sign-in pages. Mounted at one path, it cannot: mount `createMcpHandler` at
 * `{basePath}/*`, too.
 *
 * @throws {ConfigurationError} The `mcp` is not what `createMcp` returned, or `heartbeatInterval` is invalid.
 */
export function createSSEHandler(options: SSEHandlerOptions): SSEHandler {
  const heartbeatMs = checkInterval(options.heartbeatInterval);
  if (options.mcp !== undefined) checkMcp("createSSEHandler", options.mcp);
  const { userId: given, onAuth } = options;
  const userId = async (request: Request) => (typeof given === "function" ? await given(request) : given) ?? null;
  let others: { mcp: Mcp; serve: McpRequestHandler } | undefined;

  async function answer(request: Request, mcp: Mcp, isRouted: boolean): Promise<Response> {
    if (isOfHandler(request, mcp)) {
      if (others?.mcp !== mcp) others = { mcp, serve: createMcpHandler({ mcp, userId, onAuth }).GET };
      return others.serve(request);
    }
    if (isRouted) warnIfAlone(mcp);
    if (typeof given === "string" && new URL(request.url).searchParams.has("userId", given)) warnOfAddress(mcp);
    const route = createSseEndpoint({ mcp, userId, onAuth, ...(heartbeatMs === undefined ? {} : { heartbeatMs }) });
    return answerAtEdge(request, { mcp, route, missing: notFound(mcp), write: refusedSse(request.method) });
  }

  async function respond(req: NodeRequest | Request, toRequest: () => Request): Promise<Response> {
    let mcp: Mcp | undefined;
    try {
      const request = toRequest();
      mcp = options.mcp ?? defaultMcp();
      checkMcp("createSSEHandler", mcp);
      const isRouted = isWebRequest(req) || "originalUrl" in req || "query" in req;
      return await answer(request, mcp, isRouted);
    } catch (error) {
      const isExpected = error instanceof Refusal || isMcpSessionError(error);
      if (!isExpected) mcp?.report("A request failed", error);
      const refusal = isMcpSessionError(error) ? misconfigured(error) : error instanceof Refusal ? error : failed();
      return refusalResponse(refusal, refusedSse(req?.method ?? "GET"));
    }
  }

  return async (req, res, body) => {
    const gone = new AbortController();
    // Express passes its `next` as the body.
    const read = typeof body === "function" ? undefined : body;
    const response = await respond(req, () => {
      watchReader(res, gone);
      const request = toWebRequest(req, { signal: gone.signal, body: read });
      if (isWebRequest(req)) onAbort(req.signal, () => gone.abort());
      return request;
    });
    const decoder = new TextDecoder();
    // Some hosts encode what they are given, so they get text.
    const write = (bytes: Uint8Array) => res.write(decoder.decode(bytes, { stream: true }));
    await writeResponse(response, { res, gone, write });
  };
}

function onAbort(signal: AbortSignal, act: () => void): void {
  if (signal.aborted) act();
  else signal.addEventListener("abort", act, { once: true });
}

/** The pages and document of `createMcpHandler`, which sign-ins need even if the app has this handler alone. */
const otherPath =
  /^\/(?:auth\/(?:start|callback|issuer\/[\w-]{43}|result\/[\w-]+)|client-metadata\.json|client\/[\w-]{43}\.json)$/;

function isOfHandler(request: Request, mcp: Mcp): boolean {
  const { pathname } = new URL(request.url);
  // The handler may be mounted below any path, such as /auth/mcp/sse, so only whole addresses count.
  const path = pathsBelow(pathname, mcp.basePath).find((below) => below === "/sse" || otherPath.test(below));
  if (path !== undefined) return path !== "/sse";
  return request.method === "GET" && callbackUrlsAt(pathname, mcp).length > 0;
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
