import { assertClients } from "../authorization/client/pre-registered.js";
import type { PreRegisteredClient } from "../authorization/client/pre-registered-client.js";
import { ConfigurationError } from "../errors.js";
import { parseJson } from "../parse-json.js";
import type { RedisParts } from "../storage/redis/parts.js";
import type { McpOptions } from "./options.js";

type Environment = Readonly<Record<string, string | undefined>>;

/** The options that the environment can set. Those that it does not set are absent. */
export type EnvironmentOptions = Pick<
  McpOptions,
  | "storage"
  | "encryptionKeys"
  | "baseUrl"
  | "callbackUrls"
  | "client"
  | "outbound"
  | "sessionTtl"
  | "waitForReplicas"
  | "authorization"
>;

/**
 * Options from the environment. Spread them into the options of `createMcp`.
 *
 * - `REDIS_URL`, or else `REDIS_HOST`, `REDIS_PORT`, `REDIS_USERNAME`, `REDIS_PASSWORD`, `REDIS_DB`, and `REDIS_TLS=1`;
 *   with `REDIS_SENTINELS` (`host:port,…`) and `REDIS_SENTINEL_NAME`, the master that the sentinels name; with
 *   `REDIS_CLUSTER` (`host:port,…`), a Redis Cluster
 * - `REDIS_WAIT_REPLICAS`: {@link McpOptions.waitForReplicas}
 * - `MCP_ENCRYPTION_KEYS`: {@link McpOptions.encryptionKeys}
 * - `APP_URL`: {@link McpOptions.baseUrl}; `MCP_CALLBACK_URLS`: {@link McpOptions.callbackUrls}, separated by commas
 * - `MCP_CLIENT_NAME`: the name in {@link McpOptions.client}
 * - `MCP_ALLOW_HOSTS`: the hosts of {@link McpOptions.outbound}, separated by commas
 * - `MCP_SESSION_TTL_S`: {@link McpOptions.sessionTtl}
 * - `MCP_PREREGISTERED_CLIENTS`: the clients of {@link McpOptions.authorization}, as a JSON list
 *
 * Throws a `ConfigurationError` that names the variable with an invalid value.
 */
export function optionsFromEnvironment(environment: Environment = process.env): EnvironmentOptions {
  const storage = storageFrom(environment);
  const sessionTtl = numberFrom(environment, "MCP_SESSION_TTL_S");
  const waitForReplicas = numberFrom(environment, "REDIS_WAIT_REPLICAS");
  const clients = clientsFrom(environment, "MCP_PREREGISTERED_CLIENTS");
  const callbackUrls = listFrom(environment, "MCP_CALLBACK_URLS");
  const allowHosts = listFrom(environment, "MCP_ALLOW_HOSTS");
  return {
    ...(storage === undefined ? {} : { storage }),
    ...(environment.MCP_ENCRYPTION_KEYS ? { encryptionKeys: environment.MCP_ENCRYPTION_KEYS } : {}),
    ...(environment.APP_URL ? { baseUrl: environment.APP_URL } : {}),
    ...(callbackUrls === undefined ? {} : { callbackUrls }),
    ...(environment.MCP_CLIENT_NAME ? { client: { name: environment.MCP_CLIENT_NAME } } : {}),
    ...(allowHosts === undefined ? {} : { outbound: { allowHosts } }),
    ...(sessionTtl === undefined ? {} : { sessionTtl }),
    ...(waitForReplicas === undefined ? {} : { waitForReplicas }),
    ...(clients === undefined ? {} : { authorization: { clients } }),
  };
}

function storageFrom(environment: Environment): string | RedisParts | undefined {
  if (environment.REDIS_URL) return environment.REDIS_URL;
  const parts: RedisParts = {
    ...(environment.REDIS_USERNAME ? { username: environment.REDIS_USERNAME } : {}),
    ...(environment.REDIS_PASSWORD ? { password: environment.REDIS_PASSWORD } : {}),
    ...(environment.REDIS_TLS === "1" ? { tls: {} } : {}),
  };
  const [cluster, sentinels] = [nodesFrom(environment, "REDIS_CLUSTER"), nodesFrom(environment, "REDIS_SENTINELS")];
  if (cluster) return { ...parts, cluster };
  const db = numberFrom(environment, "REDIS_DB");
  if (db !== undefined) parts.db = db;
  if (sentinels) return { ...parts, sentinels, name: environment.REDIS_SENTINEL_NAME || "mymaster" };
  if (!environment.REDIS_HOST) return undefined;
  return { ...parts, host: environment.REDIS_HOST, port: numberFrom(environment, "REDIS_PORT") ?? 6379 };
}

function listFrom(environment: Environment, name: string): string[] | undefined {
  const entries = (environment[name] ?? "").split(",").map((entry) => entry.trim());
  const named = entries.filter((entry) => entry !== "");
  return named.length > 0 ? named : undefined;
}

function numberFrom(environment: Environment, name: string): number | undefined {
  const text = environment[name];
  if (!text) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new ConfigurationError(`${name} is not a whole number`, `Use digits only, such as ${name}=1.`);
}

/** No error repeats an entry, because it may be a URL with a password. */
function nodesFrom(environment: Environment, name: string): { host: string; port: number }[] | undefined {
  const text = environment[name];
  if (!text) return undefined;
  return text.split(",").map((node, index) => {
    const [, host, port] = /^(\[[^\]]+\]|[^\s:]+):(\d{1,5})$/.exec(node.trim()) ?? [];
    if (!host || !port)
      throw new ConfigurationError(
        `Entry ${index + 1} of ${name} is not host:port`,
        "Write host:port, separated by commas.",
      );
    return { host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
  });
}

/** No error repeats any of the value, because it may contain secrets. */
function clientsFrom(environment: Environment, name: string): PreRegisteredClient[] | undefined {
  const text = environment[name];
  if (!text) return undefined;
  const clients = parseJson(text);
  if (clients === undefined)
    throw new ConfigurationError(`${name} is not JSON`, "Use a JSON list of clients, with double quotes.");
  assertClients(clients, name);
  return clients;
}
