import { createMcp, createMcpHandler, toNodeHandler } from "@mcp-assistant/mcp-redis/server";
import express from "express";

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

const app = express();
app.use(express.json()); // may also come after the handler
app.use("/api/mcp", toNodeHandler(handler));
app.get("/", (_request, response) => void response.send("Your app\n"));

const server = app.listen(Number(process.env.PORT ?? 3000), () => console.log("The app is listening"));

process.once("SIGTERM", () => {
  server.close();
  server.closeAllConnections(); // event streams too: the browsers reconnect to another process
  void mcp.close();
});
