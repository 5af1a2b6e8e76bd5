import type { Mcp } from "@mcp-assistant/core";
import { finishSignIn } from "./auth-callback.js";
import { showAttempt } from "./auth-result.js";
import { startSignIn } from "./auth-start.js";
import { showClientMetadata } from "./client-metadata.js";
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

/** Where the handler is mounted: `{baseUrl}/api/mcp/*`. */
const basePath = "/api/mcp";

/**
 * One fetch handler for everything under `/api/mcp`: the tRPC procedures and event stream (`/trpc`), and the sign-in
 * pages (`/auth`), and what authorization servers read of the app (`/client-metadata.json`). Mount it for GET, POST and DELETE.
 */
export function createMcpHandler(options: McpHandlerOptions): Record<"GET" | "POST" | "DELETE", McpRequestHandler> {
  const { mcp, userId } = options;
  const serveTrpc = createTrpcEndpoint({ mcp, userId, endpoint: `${basePath}/trpc` });
  const handle: McpRequestHandler = async (request) => {
    const { pathname } = new URL(request.url);
    const path = pathname.startsWith(`${basePath}/`) ? pathname.slice(basePath.length) : "";
    if (request.method !== "GET" && !fromOurselves(request, mcp)) {
      return new Response("This request comes from another site", { status: 403 });
    }
    if (path.startsWith("/trpc/")) return serveTrpc(request);
    if (request.method === "GET") {
      const user = () => Promise.resolve(userId(request));
      if (path === "/client-metadata.json") return showClientMetadata(mcp);
      if (path === "/auth/start") return startSignIn(request, { mcp, userId: user });
      if (path === "/auth/callback") return finishSignIn(request, { mcp, userId: user });
      if (path.startsWith("/auth/result/"))
        return showAttempt(path.slice("/auth/result/".length), { mcp, userId: user });
    }
    return new Response("Not found", { status: 404 });
  };
  return { GET: handle, POST: handle, DELETE: handle };
}

/** Browsers name the origin of every request that changes something; a page of another site cannot act for the user. */
function fromOurselves(request: Request, mcp: Mcp): boolean {
  const origin = request.headers.get("origin");
  return origin === null || origin === mcp.baseUrl;
}
