import type { PreRegisteredClient } from "../authorization/client/pre-registered-client.js";
import type { Limits } from "../limits.js";
import type { Logger } from "../logger.js";
import type { StorageOption } from "../storage/drivers.js";

export interface McpOptions {
  /**
   * Where connections are kept: a redis:// or rediss:// URL; its parts (also those of a Sentinel set-up or a Cluster);
   * your own ioredis connection, besides which we open others with its options; `"memory"`, which is lost when this
   * process ends; or a driver, such as `redis(…)`, `memory()` or one of your own. There is no default, so that
   * connections are not lost by accident. Apps in one process that share a Redis must have the same `encryptionKeys`,
   * `baseUrl` and `basePath`.
   */
  storage?: StorageOption | undefined;
  /**
   * The keys for tokens and client secrets in Redis, `id:base64,id2:base64`, of 32 bytes each. The first one
   * encrypts, all of them decrypt. `"none"` stores the secrets in clear text, usable by anyone who can read your Redis.
   * Memory makes its own key.
   *
   * Add a new key at the end of the list in every process before you move it to the front: a process without it cannot
   * read a sign-in that it encrypted, and marks the connection as failed for everyone.
   */
  encryptionKeys?: string | undefined;
  /**
   * How many replicas must have new tokens before they count as saved (Redis WAIT). 0 by default: a failover may then
   * lose the last writes, and those users have to sign in again.
   */
  waitForReplicas?: number;
  /**
   * The app's own address, without a path. Sign-ins return to a path of it: `{basePath}/auth/issuer/…` for one issuer
   * alone, `{basePath}/auth/callback` where issuers share. With NODE_ENV=production it must be https, or http on this
   * machine.
   */
  baseUrl?: string | undefined;
  /**
   * The path below `baseUrl` at which browsers reach the handler: `/api/mcp` by default. Handlers take it from here,
   * because it is part of the addresses that authorization servers know. Say it, even the default, in a process whose
   * handler is in another one and that begins sign-ins without a browser for a `callbackUrl`.
   */
  basePath?: string | undefined;
  /**
   * Whether `X-Forwarded-Host` and `X-Forwarded-Proto` name the address that the browser used: false by default. `true`
   * trusts the last entry of each; a number, that entry from the end, for as many proxies that each append one. Turn it
   * on only if every request passes a proxy of yours: anyone else can send these headers, too.
   */
  trustProxy?: boolean | number | undefined;
  /**
   * Further redirect URLs that `connect({ callbackUrl })` may ask for, besides `{baseUrl}{basePath}/auth/callback`. They
   * are used only where issuers may share one: at those of `authorization.clients`, and at those that promise `iss`. Each
   * is compared as text, follows the same rules as baseUrl, and must not have a fragment (RFC 6749 §3.1.2). Mount the
   * handler's GET there, too, on the app's own host: the browser sends the cookie of the sign-in only there.
   */
  callbackUrls?: readonly string[];
  /** How the app introduces itself to servers and on consent pages. */
  client?: {
    name: string;
    version?: string;
    /**
     * The address of a Client ID Metadata Document that you host, for authorization servers that support them and promise
     * `iss`. By default the handler serves it at `{baseUrl}{basePath}/client-metadata.json` when baseUrl is https. Use
     * `null` for none, if authorization servers cannot reach the app.
     */
    metadataUrl?: string | null;
  };
  /** Clients that you have registered at authorization servers by hand. They take precedence over every other way. */
  authorization?: { clients?: readonly PreRegisteredClient[] };
  /** `host:port` pairs that may be dialled even if they are not public addresses. */
  outbound?: { allowHosts?: readonly string[] };
  /** How long (s) an unused connection and its sign-in are kept. Every use renews both. 43 200 (12 h) by default. */
  sessionTtl?: number;
  /** How long (s) a sign-in may take. 600 by default, which is also the maximum. */
  attemptTtl?: number;
  limits?: Partial<Limits>;
  /**
   * Called with what an operator may want to know. Without one, warnings and errors are written to the console, one line
   * each, unless NODE_ENV is "production". `null` writes nothing.
   */
  logger?: Logger | null | undefined;
}
