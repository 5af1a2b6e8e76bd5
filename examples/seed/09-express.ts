// The endpoint as a route of Express, behind the app's own middleware.
// Sign-ins need createMcpHandler beside it, at /api/mcp.
import { createSSEHandler } from "@mcp-assistant/mcp-redis/server";
import express, { type Request, type Response } from "express";
import { userOf } from "./auth.js";

declare global {
  namespace Express {
    interface Request {
      user?: { id: string };
    }
  }
}

export function startApp(port = 3000) {
  const app = express();
  app.use(express.json()); // may also come after the routes

  // Your auth middleware
  app.use((req, _res, next) => {
    const id = userOf(req.headers.authorization);
    if (id) req.user = { id };
    next();
  });

  const mcp = async (req: Request, res: Response) => {
    const userId = req.user?.id; // from the middleware

    // Without a user, the handler answers with a 401 that says why.
    const handler = createSSEHandler({ userId });
    await handler(req, res);
  };
  app.get("/mcp/sse", mcp); // the events
  app.post("/mcp/sse", mcp); // the calls

  return app.listen(port);
}
