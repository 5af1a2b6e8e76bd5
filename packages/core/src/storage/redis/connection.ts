import { randomUUID } from "node:crypto";
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from "ioredis";
import { ConfigurationError } from "../../errors.js";
import { runShared } from "../../process-wide.js";
import type { DriverSettings } from "../../session/storage-driver.js";
import { checkServer } from "./check-server.js";
import { isCluster, RedisCommands, reasonOf, timeoutMs } from "./commands.js";
import { Keys } from "./keys.js";
import type { RedisParts } from "./parts.js";
import { type ChannelListener, ClusterSubscriber, type RedisSubscriber, SingleSubscriber } from "./subscriber.js";

/** A redis:// or rediss:// URL, its parts, or the host app's own connection, whose options are copied. */
export type RedisStorage = string | RedisParts | Redis | Cluster;

const backOff = (attempt: number) => Math.min(50 * 2 ** Math.min(attempt, 5), timeoutMs);

const bounded = {
  lazyConnect: true,
  connectTimeout: timeoutMs,
  // A connection can die silently. A command without an answer for this long closes it, and it is opened again.
  socketTimeout: 2.5 * timeoutMs,
  // Commands that wait for a connection fail after a few attempts, so they do not pile up during an outage.
  maxRetriesPerRequest: 3,
  maxLoadingRetryTime: 100,
  retryStrategy: backOff,
  sentinelRetryStrategy: backOff,
  failoverDetector: true,
  // A resent compare-and-set would fail because of its own first success, as if another process had made the change.
  autoResendUnfulfilledCommands: false,
  // The master has become a replica, and the next connection finds the new master. Do not resend the command: it would
  // be retried for as long as there is no master, long after its caller has given up.
  reconnectOnError: (error: Error) => reasonOf(error) === "READONLY",
  // The subscribers renew subscriptions themselves, because they must know when these are active again.
  autoResubscribe: false,
} satisfies RedisOptions;

const boundedCluster = {
  lazyConnect: true,
  shardedSubscribers: true,
  clusterRetryStrategy: backOff,
  // Commands sent to a master that then died are not resent, for the same reason as above.
  retryDelayOnFailover: 0,
  slotsRefreshTimeout: timeoutMs,
  slotsRefreshInterval: 5_000,
  scaleReads: "master",
} satisfies ClusterOptions;

/** All connections of one process to one Redis. */
export interface RedisConnections {
  /** The address of the Redis, without secrets. */
  name: string;
  commands: RedisCommands;
  keys: Keys;
  /** The number of the database. */
  database: number;
  /** Called whenever there is a connection, the first one included. */
  onReady(listener: () => void): void;
  /** Created at the first call. It has its own connection, because a subscribed connection cannot run commands. */
  subscriber(listener: ChannelListener): RedisSubscriber;
  close(): void;
}

/**
 * Opens nothing yet; the first command does. The host app's own connection is only duplicated, never used or closed.
 */
export function connectRedis(storage: RedisStorage, { log, waitForReplicas }: DriverSettings): RedisConnections {
  const redis = open(storage);
  const address = addressOf(redis, storage);
  const commands = new RedisCommands(redis, { log, waitForReplicas, address });
  watch(redis, commands);
  const prefix = takePrefix(redis);
  const keys = new Keys({ prefix, tagged: redis.isCluster });
  redis.on("ready", () => void checkServer(redis, log));
  const subscribeSeparately = (single: Redis, listener: ChannelListener) => {
    const subscribing = single.duplicate();
    watch(subscribing, commands);
    return new SingleSubscriber(subscribing, listener);
  };
  let subscriber: RedisSubscriber | undefined;
  return {
    name: `${placeOf(redis, address)}${prefix && ` ${prefix}`}`,
    commands,
    keys,
    database: databaseOf(redis),
    onReady: (listener) => void redis.on("ready", listener),
    subscriber: (listener) => {
      subscriber ??= runShared(() =>
        isCluster(redis) ? new ClusterSubscriber(redis, listener) : subscribeSeparately(redis, listener),
      );
      return subscriber;
    },
    close: () => {
      subscriber?.close();
      redis.disconnect();
    },
  };
}

function open(storage: RedisStorage): Redis | Cluster {
  if (typeof storage === "string") return new Redis(storage, bounded);
  if (isConnection(storage)) {
    // Use its own method, because it may come from another copy of ioredis.
    return isCluster(storage)
      ? storage.duplicate([], { ...boundedCluster, redisOptions: bounded })
      : storage.duplicate(bounded);
  }
  const { cluster, ...parts } = storage;
  if (!cluster) return new Redis({ ...parts, ...bounded });
  return new Cluster([...cluster], { ...boundedCluster, redisOptions: { ...parts, ...bounded } });
}

/** Whether a storage is an ioredis connection, from any copy of ioredis. */
export function isConnection(storage: object): storage is Redis | Cluster {
  return (
    "duplicate" in storage &&
    typeof storage.duplicate === "function" &&
    "isCluster" in storage &&
    typeof storage.isCluster === "boolean"
  );
}

/**
 * Where a Redis is, without secrets. Undefined for the host app's own Cluster, which reveals no node before it is
 * connected.
 */
function addressOf(redis: Redis | Cluster, storage: RedisStorage): string | undefined {
  const addresses = (nodes: readonly { host?: string | undefined; port?: number | undefined }[]) =>
    nodes.map(({ host, port }) => `${host}:${port}`).join(",");
  if (isCluster(redis)) {
    const nodes = typeof storage === "object" && !isConnection(storage) ? storage.cluster : undefined;
    return nodes && addresses(nodes);
  }
  const { path, host, port, sentinels, name } = redis.options;
  return sentinels ? `${name} of ${addresses(sentinels)}` : (path ?? addresses([{ host, port }]));
}

const databaseOf = (redis: Redis | Cluster): number => (isCluster(redis) ? 0 : (redis.options.db ?? 0));

/** The name of a Redis within this process. An unknown address gets a unique name. */
function placeOf(redis: Redis | Cluster, address: string = randomUUID()): string {
  return isCluster(redis) ? `Redis Cluster ${address}` : `Redis ${address}/${databaseOf(redis)}`;
}

/** Removes ioredis' own prefix, because `keys.ts` builds complete keys, which the scripts rely on. */
function takePrefix({ options }: Redis | Cluster): string {
  const prefix = options.keyPrefix ?? "";
  options.keyPrefix = "";
  return prefix;
}

/** Reports outages. Without an error listener, ioredis would print every failed attempt. */
function watch(redis: Redis | Cluster, commands: RedisCommands): void {
  redis.on("error", (error: Error) => {
    if (!isCluster(redis) && /DB index is out of range|invalid DB index/i.test(error.message)) {
      // Otherwise ioredis would continue in database 0, which may belong to another app.
      commands.refuse(missingDatabase(redis.options.db));
      redis.disconnect();
      return;
    }
    commands.lost(error);
  });
  redis.on("ready", () => commands.regained());
}

const missingDatabase = (db: number | undefined) =>
  new ConfigurationError(
    `createMcp({ storage }) names database ${db}, which this Redis does not have`,
    "Change the number at the end of the URL (or `db`), or raise `databases` in the configuration of Redis.",
  );
