import type { Mcp } from "@mcp-assistant/core";
import { isMcpSessionError } from "@mcp-assistant/protocol";
import { showClientMetadata } from "./client-metadata.js";
import { answerAtEdge, type Route } from "./edge/edge.js";
import { finishSignIn } from "./sign-in/callback.js";
import { showAttempt } from "./sign-in/result.js";
import { type AuthPageDeps, errorPage, problemPage, startSignIn } from "./sign-in/start.js";
import { createTrpcEndpoint } from "./trpc-endpoint.js";

export interface McpHandlerOptions {
  mcp: Mcp;
  /**
   * Who is asking, from the app's own authentication (its session cookie, a bearer token); `null` for nobody. Never
   * take it from the query or the body: what this answers is whose connections the request may use.
   *
   * It is asked again, with the same request, every minute while an event stream is open: one that looks the session
   * up ends the stream of a user who has signed out. An error that it throws then makes the browser open it anew.
   */
  userId: (request: Request) => string | null | Promise<string | null>;
}

export type McpRequestHandler = (request: Request) => Promise<Response>;

type HandlerMethod = "GET" | "POST" | "DELETE" | "OPTIONS";

/** Where the handler is mounted: `{baseUrl}/api/mcp/*`. */
const basePath = "/api/mcp";

/**
 * One fetch handler for everything under `/api/mcp`: the tRPC procedures and event stream (`/trpc`), the sign-in pages
 * (`/auth`), and what authorization servers read of the app (`/client-metadata.json`). Mount it for GET, POST and
 * DELETE; with OPTIONS, a page of another origin that asks for permission is refused by us and not by your framework.
 * Mount its GET at each of the app's `callbackUrls`, too.
 *
 * It refuses by itself what does not come from the app's own pages: see {@link isCrossOriginRequest}.
 */
export function createMcpHandler({ mcp, userId }: McpHandlerOptions): Record<HandlerMethod, McpRequestHandler> {
  const serveTrpc = createTrpcEndpoint({ mcp, userId, endpoint: `${basePath}/trpc` });
  const visit = (page: (request: Request, deps: AuthPageDeps) => Promise<Response>): Route["serve"] => {
    return async (request) => {
      try {
        const user = async () => {
          const asking = await userId(request);
          return asking ? mcp.forUser(asking) : null;
        };
        return await page(request, { mcp, user });
      } catch (error) {
        if (isMcpSessionError(error)) return errorPage(error, mcp);
        mcp.report("A sign-in page failed", error);
        return problemPage(mcp);
      }
    };
  };
  const routes: Readonly<Record<string, Route>> = {
    // A HEAD that made an attempt, or took one, would be a visit that nobody sees.
    "/auth/start": { audience: "visit", methods: ["GET"], serve: visit(startSignIn) },
    "/auth/callback": { audience: "visit", methods: ["GET"], serve: visit(finishSignIn) },
    "/client-metadata.json": { audience: "public", methods: ["GET", "HEAD"], serve: () => showClientMetadata(mcp) },
  };
  const callback = routes["/auth/callback"];
  const procedures: Route = { audience: "app", methods: ["GET", "POST"], serve: serveTrpc };
  const routeOf = (path: string): Route | undefined => {
    if (procedurePath.test(path)) return procedures;
    const [, name] = resultPath.exec(path) ?? [];
    if (name === undefined) return Object.hasOwn(routes, path) ? routes[path] : undefined;
    return { audience: "visit", methods: ["GET", "HEAD"], serve: visit((_request, deps) => showAttempt(name, deps)) };
  };
  const handle: McpRequestHandler = async (request) => {
    const { pathname } = new URL(request.url);
    const path = pathname.startsWith(`${basePath}/`) ? pathname.slice(basePath.length) : "";
    // What the app is called on the way to us may differ from its own address: the path is what counts.
    const isFurther = mcp.callbackUrls.some((url) => URL.canParse(url) && new URL(url).pathname === pathname);
    const route = routeOf(path) ?? (isFurther ? callback : undefined);
    return answerAtEdge(request, { mcp, route, asTrpc: path.startsWith("/trpc/") });
  };
  return { GET: handle, POST: handle, DELETE: handle, OPTIONS: handle };
}

/** The names of procedures, a batch of them with commas between. Nothing decodes or trims them before they are compared. */
const procedurePath = /^\/trpc\/[A-Za-z][\w.]*(?:(?:,|%2C)[A-Za-z][\w.]*)*$/;

const resultPath = /^\/auth\/result\/([\w-]+)$/;
