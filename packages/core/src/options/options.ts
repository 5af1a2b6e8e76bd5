import type { PreRegisteredClient } from "../authorization/client/pre-registered-client.js";
import type { Limits } from "../limits.js";
import type { Logger } from "../logger.js";
import type { StorageOption } from "../storage/drivers.js";

export interface McpOptions {
  /**
   * Where connections are kept: a redis:// or rediss:// URL; its parts (also those of a Sentinel set-up or a Cluster);
   * your own ioredis connection, beside which we open others with its options; `"memory"`: in this process, gone when it
   * ends; or a driver, such as `redis(…)`, `memory()` or one of your own. There is no default, so that nobody loses
   * connections by accident. Apps of one process that share a Redis have the same `encryptionKeys` and `baseUrl`.
   */
  storage?: StorageOption | undefined;
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
   * compared as text, keeps to the same rules as baseUrl, and has no fragment (RFC 6749 §3.1.2). Mount the handler's GET there,
   * too, on the app's own host: the browser's cookie for the sign-in is known there alone.
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
