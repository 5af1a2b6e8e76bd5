import { checkMetadataUrl } from "../authorization/client/document.js";
import { type CheckedClient, checkClients } from "../authorization/client/pre-registered.js";
import { ConfigurationError } from "../errors.js";
import { type Limits, resolveLimits } from "../limits.js";
import { type Logger, loggerFor } from "../logger.js";
import { checkHost } from "./allow-hosts.js";
import { checkBasePath } from "./base-path.js";
import type { McpOptions } from "./options.js";
import { checkTrustProxy } from "./trust-proxy.js";

const seconds = (option: string, value: number, max: number) => {
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new ConfigurationError(`${option} is ${value}`, `Use a whole number of seconds from 1 to ${max}.`);
};

const list = (option: string, value: readonly string[]) => {
  if (Array.isArray(value)) return value;
  throw new ConfigurationError(`${option} is not a list`, "Put it in brackets, even if there is only one.");
};

const replicas = (value: number) => {
  if (Number.isInteger(value) && value >= 0 && value <= 100) return value;
  throw new ConfigurationError(
    `waitForReplicas is ${value}`,
    "Use the number of replicas that must have new tokens, or 0.",
  );
};

/** The options, with defaults filled in. */
export interface ResolvedOptions {
  basePath: string;
  /** How many proxies. */
  trustProxy: number;
  client: { name: string; version: string };
  metadataUrl: string | null | undefined;
  preRegistered: CheckedClient[];
  allowHosts: string[];
  /** Not checked yet: see `requireCallbackUrls`. */
  callbackUrls: readonly string[];
  waitForReplicas: number;
  sessionTtl: number;
  attemptTtl: number;
  limits: Limits;
  logger: Logger;
}

/** Throws a {@link ConfigurationError} for an invalid value. */
export function resolveOptions(options: McpOptions): ResolvedOptions {
  const { client, outbound, limits, logger } = options;
  return {
    basePath: checkBasePath(options.basePath),
    trustProxy: checkTrustProxy(options.trustProxy),
    client: { name: client?.name ?? "mcp-redis", version: client?.version ?? "0.1.0" },
    metadataUrl: typeof client?.metadataUrl === "string" ? checkMetadataUrl(client.metadataUrl) : client?.metadataUrl,
    preRegistered: checkClients(options.authorization?.clients ?? [], "authorization.clients"),
    allowHosts: (outbound?.allowHosts ?? []).map(checkHost),
    callbackUrls: list("callbackUrls", options.callbackUrls ?? []),
    waitForReplicas: replicas(options.waitForReplicas ?? 0),
    sessionTtl: seconds("sessionTtl", options.sessionTtl ?? 43_200, 31_536_000),
    attemptTtl: seconds("attemptTtl", options.attemptTtl ?? 600, 600),
    limits: resolveLimits(limits),
    logger: loggerFor(logger),
  };
}
