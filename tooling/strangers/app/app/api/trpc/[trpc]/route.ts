import { isCrossOriginRequest, mcpResponseMeta } from "@mcp-assistant/mcp-redis/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { auth } from "../../../../server/auth";
import { mcp } from "../../../../server/mcp";
import { appRouter } from "../../../../server/router";

async function handle(req: Request): Promise<Response> {
  if (isCrossOriginRequest(req, mcp.baseUrl)) return new Response(null, { status: 403 });
  const createContext = async () => ({ user: (await auth(req))?.user ?? null });
  return fetchRequestHandler({
    endpoint: "/api/trpc",
    req,
    router: appRouter,
    createContext,
    responseMeta: mcpResponseMeta,
  });
}

export { handle as GET, handle as POST };
