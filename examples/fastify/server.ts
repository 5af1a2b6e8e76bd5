import { createMcp, createMcpHandler, toNodeHandler } from "@mcp-assistant/mcp-redis/server";
import fastify from "fastify";

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

const app = fastify({ forceCloseConnections: true }); // event streams too: the browsers reconnect to another process
app.all("/api/mcp/*", toNodeHandler(handler));
app.get("/", () => "Your app\n");

await app.listen({ port: Number(process.env.PORT ?? 3000) });
console.log("The app is listening");

process.once("SIGTERM", () => {
  void app.close();
  void mcp.close();
});
