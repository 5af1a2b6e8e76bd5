import { createMcp } from "./create-mcp.js";
import { makeKeys } from "./credentials/key-ring.js";
import { ConfigurationError } from "./errors.js";
import type { Mcp } from "./mcp.js";
import { onlyOpenMcp } from "./open-mcps.js";
import { optionsFromEnvironment } from "./options/env.js";

/**
 * The app behind everything that is used without an `mcp`: the one that `createMcp` has opened in this process or, if
 * there is none, one with {@link optionsFromEnvironment}, made by the first call and kept until it is closed. It opens
 * nothing yet.
 *
 * Throws a `ConfigurationError` when several with different options are open; and, for one from the environment, when it
 * names no Redis, no `APP_URL` or no keys: it never stores secrets in clear text.
 */
export function defaultMcp(): Mcp {
  return onlyOpenMcp() ?? createMcp(defaultOptions());
}

function defaultOptions() {
  const options = optionsFromEnvironment();
  const { storage, encryptionKeys, baseUrl } = options;
  if (storage === undefined) {
    throw new ConfigurationError(
      "REDIS_URL is not set, and this process has no open createMcp",
      'Set REDIS_URL=redis://host:6379, or call createMcp({ storage: "memory", … }) first.',
    );
  }
  if (storage !== "memory" && !encryptionKeys) {
    throw new ConfigurationError("MCP_ENCRYPTION_KEYS is not set. Sign-ins in Redis are encrypted with it", makeKeys);
  }
  // The first entry seals.
  if (encryptionKeys?.split(",")[0]?.trim() === "none") {
    throw new ConfigurationError(
      "MCP_ENCRYPTION_KEYS begins with none, which would store sign-ins in clear text",
      `${makeKeys}. Only createMcp({ encryptionKeys: "none" }) stores them so.`,
    );
  }
  if (baseUrl === undefined) {
    throw new ConfigurationError(
      "APP_URL is not set",
      "Set it to the app's own address, such as https://app.example.com.",
    );
  }
  return options;
}
