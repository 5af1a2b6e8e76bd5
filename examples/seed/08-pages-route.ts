// pages/api/mcp/sse.ts of Next.js's pages router.
// Sign-ins need createMcpHandler beside it, in app/api/mcp/[...mcp]/route.ts.
import { createSSEHandler } from "@mcp-assistant/mcp-redis/server";
import type { NextApiRequest, NextApiResponse } from "next";
import { userOf } from "./auth.js";

export default async function handler(req: NextApiRequest, res: NextApiResponse) {
  // From your own authentication. A userId in req.query could name anyone.
  const userId = userOf(req.headers.authorization);

  const sseHandler = createSSEHandler({
    userId,
    // Optional: Verify user authorization
    onAuth: async (uid) => uid === userId && !suspended.has(uid),
  });

  return sseHandler(req, res);
}

/** Users who may not use MCP at present. */
export const suspended = new Set<string>();
