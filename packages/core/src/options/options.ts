import { checkMetadataUrl } from "../authorization/client/document.js";
import { type CheckedClient, checkClients, type PreRegisteredClient } from "../authorization/client/pre-registered.js";
import { ConfigurationError } from "../errors.js";
import { checkLimits, defaultLimits, type Limits } from "../limits.js";
import type { Logger } from "../logger.js";
import type { RedisStorage } from "../storage/redis/connection.js";

export interface McpOptions {
  /**
   * Where connections are kept: a redis:// or rediss:// URL; its parts (also those of a Sentinel set-up or a Cluster);
   * your own ioredis connection, beside which we open others with its options; or `"memory"`: in this process, gone when
   * it ends. There is no default, so that nobody loses connections by accident.
   */
  storage?: RedisStorage | undefined;
  /**
   * What seals tokens and client secrets in Redis, `kid:base64,kid2:base64`: keys of 32 bytes, of which the first seals
   * and all open. `"none"` leaves them in clear text, for whoever reads your Redis to use. Memory makes a key of its own.
   *
   * Give a new key to every process last in the list before you put it first: one that does not have it yet takes a
   * sign-in that it seals for unreadable, and tells everybody so.
   */
  encryptionKeys?: string | undefined;
  /**
   * How many replicas must have new tokens before they count as kept (Redis WAIT). 0 by default: a failover may then
   * lose the last writes, and their users sign in again.
   */
  waitForReplicas?: number;
  /**
   * The app's own address, without a path. The OAuth callback is `{baseUrl}/api/mcp/auth/callback`. With
   * NODE_ENV=production it is https, or http on this machine.
   */
  baseUrl?: string | undefined;
  /**
   * Further redirect URLs that `connect({ callbackUrl })` may ask for, beside `{baseUrl}/api/mcp/auth/callback`. Each is
   * compared as text, keeps to the same rules as baseUrl, and has no fragment (RFC 6749 §3.1.2). Lead each to the handler's
   * callback, on the app's own host: the browser's cookie for the sign-in is known there alone.
   */
  callbackUrls?: readonly string[];
  /** How the app introduces itself to servers and on consent pages. */
  client?: {
    name: string;
    version?: string;
    /**
     * Where the app's Client ID Metadata Document is, which is its `client_id` at authorization servers that support that.
     * By default `{baseUrl}/api/mcp/client-metadata.json`, served by the handler, when baseUrl is https; `null` for none,
     * where authorization servers cannot reach the app.
     */
    metadataUrl?: string | null;
  };
  /** Clients that you have registered at authorization servers by hand. They go before every other way. */
  authorization?: { clients?: readonly PreRegisteredClient[] };
  /** `host:port` pairs that may be dialled although they are not public addresses. */
  outbound?: { allowHosts?: readonly string[] };
  /** Seconds that an unused connection and its sign-in are kept. Every use renews them. 43 200 (12 h) by default. */
  sessionTtl?: number;
  /** Seconds that a sign-in may take. 600 by default, which is also the most. */
  attemptTtl?: number;
  limits?: Partial<Limits>;
  /** Called with what an operator may want to know. Silent by default. */
  logger?: Logger;
}

const seconds = (option: string, value: number, most: number) => {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new ConfigurationError(`${option} is ${value}`, `Give a whole number of seconds from 1 to ${most}.`);
};

const replicas = (value: number) => {
  if (Number.isInteger(value) && value >= 0 && value <= 100) return value;
  throw new ConfigurationError(
    `waitForReplicas is ${value}`,
    "Give the number of replicas that must have new tokens, or 0.",
  );
};

/** Options with their defaults. */
export interface ResolvedOptions {
  client: { name: string; version: string };
  metadataUrl: string | null | undefined;
  preRegistered: CheckedClient[];
  allowHosts: string[];
  waitForReplicas: number;
  sessionTtl: number;
  attemptTtl: number;
  limits: Limits;
  logger: Logger;
}

/** Throws a {@link ConfigurationError} for a value that cannot work. */
export function resolveOptions(options: McpOptions): ResolvedOptions {
  const { client, outbound, limits, logger } = options;
  return {
    client: { name: client?.name ?? "mcp-redis", version: client?.version ?? "0.1.0" },
    metadataUrl: typeof client?.metadataUrl === "string" ? checkMetadataUrl(client.metadataUrl) : client?.metadataUrl,
    preRegistered: checkClients(options.authorization?.clients ?? [], "authorization.clients"),
    allowHosts: (outbound?.allowHosts ?? []).map(checkHost),
    waitForReplicas: replicas(options.waitForReplicas ?? 0),
    sessionTtl: seconds("sessionTtl", options.sessionTtl ?? 43_200, 31_536_000),
    attemptTtl: seconds("attemptTtl", options.attemptTtl ?? 600, 600),
    limits: checkLimits({ ...defaultLimits, ...limits }),
    logger: logger ?? (() => undefined),
  };
}

/** The storage, which a build may leave out and a request may not. */
export function requireStorage(storage: McpOptions["storage"]): RedisStorage {
  if (storage === undefined || storage === "") {
    throw new ConfigurationError(
      'createMcp: "storage" is missing',
      'Give it a Redis URL (such as REDIS_URL), or "memory".',
    );
  }
  if (typeof storage === "string" && storage !== "memory" && !/^rediss?:\/\//.test(storage)) {
    throw new ConfigurationError(
      "createMcp: storage is neither a redis:// URL nor memory",
      'Write redis://host:6379, or "memory".',
    );
  }
  return storage;
}

/** A pair of `outbound.allowHosts`, which is compared with a URL's host and port as text. */
function checkHost(entry: string): string {
  const named = `outbound.allowHosts has "${entry}"`;
  const example = "Write host:port, such as 127.0.0.1:3001";
  if (entry.trim() === "")
    throw new ConfigurationError(`${named}, an empty entry`, "Leave it out. There may be a comma too many.");
  if (entry.includes("//")) throw new ConfigurationError(`${named}, a URL`, `${example}, without a scheme and a path.`);
  if (entry.includes("*"))
    throw new ConfigurationError(`${named}, and there are no wildcards`, `${example}, one entry for each.`);
  const [, host, port = ""] = /^(\[[0-9a-f:.]+\]|[^\s:/@?#[\]]+):(\d+)$/i.exec(entry) ?? [];
  if (host === undefined)
    throw new ConfigurationError(`${named}, which is not host:port`, `${example}, without spaces.`);
  if (!/^[1-9]\d{0,4}$/.test(port) || Number(port) > 65_535) {
    throw new ConfigurationError(`${named}, whose port is none`, "A port is a number from 1 to 65535.");
  }
  const hostname = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : undefined;
  if (hostname === host.toLowerCase()) return entry;
  const spelled = hostname === undefined ? `${example}.` : `Write ${hostname}:${port}.`;
  throw new ConfigurationError(`${named}, which no URL spells like this`, spelled);
}
