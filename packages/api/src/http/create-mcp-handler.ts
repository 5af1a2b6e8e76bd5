import { defaultBasePath, type Mcp, rememberHandler } from "@mcp-assistant/core";
import { isMcpSessionError } from "@mcp-assistant/protocol";
import { checkSetup } from "../router/check-setup.js";
import { appErrorOf, askApp } from "../stream/current-user.js";
import { showClientMetadata } from "./client-metadata.js";
import { checkAllowed } from "./edge/caller.js";
import { answerAtEdge, type Route } from "./edge/edge.js";
import { asJson } from "./edge/failure.js";
import { mountPathOf, pathsBelow } from "./edge/path-below.js";
import { asText, asTrpc, mountedElsewhere, notFound, type Refusal, type WriteRefusal } from "./edge/refusal.js";
import { createRestRoutes } from "./rest/rest-routes.js";
import { finishSignIn } from "./sign-in/callback.js";
import { callbackUrlsAt, isCallback } from "./sign-in/callback-address.js";
import { showAttempt } from "./sign-in/result.js";
import { type AuthPageDeps, errorPage, problemPage, startSignIn } from "./sign-in/start.js";
import { createSseEndpoint, refusedSse } from "./sse-endpoint.js";
import { createTrpcEndpoint } from "./trpc-endpoint.js";

export interface McpHandlerOptions {
  mcp: Mcp;
  /**
   * Returns the id of the user who makes the request, from the app's own authentication (its session cookie, a bearer
   * token), or `null` without a signed-in user. The id decides whose connections the request may use, so never take it
   * from the query or the body.
   *
   * It is called again with the same request every minute while an event stream is open. If it looks the session up,
   * the stream of a user who has signed out ends. If it throws, the browser reopens the stream.
   */
  userId: (request: Request) => string | null | Promise<string | null>;
  /**
   * Whether this user may use the connections of the app, whatever they ask for. Called before each answer, and again
   * every minute while a stream is open. Anything but true is a 403, and an error a 500.
   */
  onAuth?: ((userId: string) => boolean | Promise<boolean>) | undefined;
}

export type McpRequestHandler = (request: Request) => Promise<Response>;

type HandlerMethod = "GET" | "POST" | "DELETE" | "OPTIONS";

/**
 * One fetch handler for everything below the `basePath` of `mcp`, `/api/mcp` by default: the tRPC procedures and event
 * stream (`/trpc`), the same without tRPC (`/sse`, see `createSSEHandler`), plain JSON addresses (`/connect`,
 * `/tool/call`, `/connections` and `/connections/:sessionId/tools`), the sign-in pages (`/auth`), and the app's client
 * metadata for authorization servers (`/client-metadata.json`). Mount it for GET, POST and DELETE. If you also mount
 * OPTIONS, a CORS preflight is refused by this handler and not by your framework. Mount its GET at each of the app's
 * `callbackUrls`, too. For Node.js servers, pass it to `toNodeHandler`.
 *
 * It refuses requests that do not come from the app's own pages: see `isCrossOriginRequest`.
 *
 * @throws {ConfigurationError} The `mcp` is of another version, or `userId` is missing.
 */
export function createMcpHandler({ mcp, userId, onAuth }: McpHandlerOptions): Record<HandlerMethod, McpRequestHandler> {
  checkSetup("createMcpHandler", { mcp, userId });
  rememberHandler(mcp);
  const { basePath } = mcp;
  const visitorId = async (request: Request) => {
    const visitor = await askApp(() => userId(request));
    if (visitor) await checkAllowed(onAuth, visitor);
    return visitor;
  };
  const serveTrpc = createTrpcEndpoint({ mcp, userId: visitorId });
  const visit = (page: (request: Request, deps: AuthPageDeps) => Promise<Response>): Route["serve"] => {
    return async (request) => {
      try {
        const user = async () => {
          const asking = await visitorId(request);
          return asking ? mcp.forUser(asking) : null;
        };
        return await page(request, { mcp, user });
      } catch (error) {
        if (isMcpSessionError(error)) return errorPage(error, mcp);
        mcp.report("A sign-in page failed", appErrorOf(error));
        return problemPage(mcp);
      }
    };
  };
  const routes: Readonly<Record<string, Route>> = {
    // No HEAD: it would start or finish an attempt without showing the user a page.
    "/auth/start": { audience: "visit", methods: ["GET"], serve: visit(startSignIn) },
    "/sse": createSseEndpoint({ mcp, userId, onAuth }),
    "/client-metadata.json": { audience: "public", methods: ["GET", "HEAD"], serve: () => showClientMetadata(mcp) },
  };
  const restRouteOf = createRestRoutes({ mcp, userId, onAuth });
  const callback: Route = { audience: "visit", methods: ["GET"], serve: visit(finishSignIn) };
  const procedures: Route = { audience: "app", methods: ["GET", "POST"], serve: serveTrpc };
  const routeOf = (path: string): Route | undefined => {
    if (procedurePath.test(path)) return procedures;
    if (isCallback(path)) return callback;
    const [, name] = resultPath.exec(path) ?? [];
    if (name === undefined) return Object.hasOwn(routes, path) ? routes[path] : restRouteOf(path);
    return { audience: "visit", methods: ["GET", "HEAD"], serve: visit((_request, deps) => showAttempt(name, deps)) };
  };
  const isAddress = (path: string) => routeOf(path) !== undefined;
  let told = false;
  /** Where a request has found the handler, if that is not where its links lead. The log says so once. */
  const elsewhere = (pathname: string): Refusal | undefined => {
    const mounted = mountPathOf(pathname, isAddress);
    if (mounted === undefined || pathname.startsWith(`${basePath}/`)) return undefined;
    // An app that has set its basePath knows what in front of it removes a part.
    if (basePath !== defaultBasePath && basePath.endsWith(mounted)) return undefined;
    const refusal = mountedElsewhere(mcp, mounted);
    if (!told) mcp.warn(refusal.info.operatorHint ?? refusal.message);
    told = true;
    return refusal;
  };
  const handle: McpRequestHandler = async (request) => {
    const { pathname } = new URL(request.url);
    const misplaced = elsewhere(pathname);
    const path = pathsBelow(pathname, basePath).find(isAddress);
    const isExtraCallback = callbackUrlsAt(pathname, mcp).length > 0;
    const route = path === undefined ? (isExtraCallback ? callback : undefined) : routeOf(path);
    const missing = misplaced ?? notFound(mcp);
    return answerAtEdge(request, { mcp, route, missing, write: writerOf(path ?? pathname, request) });
  };
  /** How a refusal is written at an address, for those who read its answers. */
  const writerOf = (path: string, { method }: Request): WriteRefusal => {
    if (path === "/sse") return refusedSse(method);
    if (restRouteOf(path)) return asJson;
    return /\/trpc\/[^/]+$/.test(path) ? asTrpc : asText;
  };
  return { GET: handle, POST: handle, DELETE: handle, OPTIONS: handle };
}

/** One procedure name, or a batch of names separated by commas. The path is matched without decoding or trimming. */
const procedurePath = /^\/trpc\/[A-Za-z][\w.]*(?:(?:,|%2C)[A-Za-z][\w.]*)*$/;

const resultPath = /^\/auth\/result\/([\w-]+)$/;
