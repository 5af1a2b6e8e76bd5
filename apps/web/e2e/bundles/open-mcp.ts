import { randomUUID } from "node:crypto";
import { createMcp, type Mcp } from "@mcp-assistant/mcp-redis/server";

/** Everybody who asks this app. */
export const userId = "ada";

/** Names this copy of the module: Next evaluates one in every kind of bundle. */
const copy = randomUUID();

/** An `Mcp` of the caller's own, over the storage that all others have, too. */
export function openMcp(caller: string): Mcp {
  const { STORAGE, ENCRYPTION_KEYS, BASE_URL, ALLOW_HOSTS = "" } = process.env;
  console.log(`copy ${caller} ${copy}`);
  return createMcp({
    storage: STORAGE,
    encryptionKeys: ENCRYPTION_KEYS,
    baseUrl: BASE_URL,
    outbound: { allowHosts: ALLOW_HOSTS.split(",").filter(Boolean) },
  });
}
