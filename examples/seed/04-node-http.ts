// The endpoint of a user's events and calls, as a whole server of node:http.
import { createServer } from "node:http";
import { createSSEHandler } from "@mcp-assistant/mcp-redis/server";
import { userOf } from "./auth.js";

export function startServer(port = 3000) {
  // Create SSE handler for real-time MCP connections
  const handler = createSSEHandler({
    // One server has many users, so this is a function: it gets the request, and your own authentication names the user.
    userId: ({ headers }) => userOf(headers.get("authorization")),
    heartbeatInterval: 30_000, // Optional: 30 s, which is also the longest
  });

  // Start server
  return createServer(handler).listen(port, () => console.log("SSE endpoint running"));
}
