import { randomUUID } from "node:crypto";
import { createMcp, type Mcp } from "@mcp-assistant/mcp-redis/server";

/** The only user of this app. */
export const userId = "ada";

/** Identifies this copy of the module. Next evaluates one in every kind of bundle. */
const copy = randomUUID();

/** Creates the caller's own `Mcp`, on the storage that all callers share. */
export function openMcp(caller: string): Mcp {
  const { REDIS_URL = "memory", MCP_ENCRYPTION_KEYS, APP_URL, MCP_ALLOW_HOSTS = "" } = process.env;
  console.log(`copy ${caller} ${copy}`);
  return createMcp({
    storage: REDIS_URL,
    encryptionKeys: MCP_ENCRYPTION_KEYS,
    baseUrl: APP_URL,
    outbound: { allowHosts: MCP_ALLOW_HOSTS.split(",").filter(Boolean) },
  });
}
