import { randomUUID } from "node:crypto";
import { createMcp, type Mcp } from "@mcp-assistant/mcp-redis/server";

/** The only user of this app. */
export const userId = "ada";

/** Identifies this copy of the module. Next evaluates one in every kind of bundle. */
const copy = randomUUID();

/** Creates the caller's own `Mcp`, on the storage that all callers share. */
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
