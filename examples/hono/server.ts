import { serve } from "@hono/node-server";
import { createMcp, createMcpHandler } from "@mcp-assistant/mcp-redis/server";
import { Hono } from "hono";

const mcp = createMcp({
  storage: process.env.REDIS_URL ?? "memory",
  encryptionKeys: process.env.MCP_ENCRYPTION_KEYS, // required with Redis
  baseUrl: process.env.APP_URL, // the address in the browser
  outbound: { allowHosts: process.env.MCP_ALLOW_HOSTS?.split(",") ?? [] },
});

const handler = createMcpHandler({
  mcp,
  // STAND-IN: every visitor is the same user. Return the id of the user who sent the request, or null.
  userId: (_request) => process.env.DEMO_USER ?? null,
});

const app = new Hono();
app.all("/api/mcp/*", (c) => handler.GET(c.req.raw)); // the same function serves every method
app.get("/", (c) => c.text("Your app\n"));

const server = serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000) }, () =>
  console.log("The app is listening"),
);

process.once("SIGTERM", () => {
  server.close();
  if ("closeAllConnections" in server) server.closeAllConnections(); // event streams too: the browsers reconnect
  void mcp.close();
});
