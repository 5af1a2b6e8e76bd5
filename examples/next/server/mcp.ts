import { createMcp } from "@mcp-assistant/mcp-redis/server";

export const mcp = createMcp({
  storage: process.env.REDIS_URL ?? "memory",
  encryptionKeys: process.env.MCP_ENCRYPTION_KEYS, // required with Redis
  baseUrl: process.env.APP_URL, // the address in the browser
  outbound: { allowHosts: process.env.MCP_ALLOW_HOSTS?.split(",") ?? [] },
});
