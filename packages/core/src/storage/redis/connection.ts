import { randomUUID } from "node:crypto";
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from "ioredis";
import { ConfigurationError } from "../../errors.js";
import type { Log } from "../../logger.js";
import type { DriverSettings } from "../../session/storage-driver.js";
import { checkServer } from "./check-server.js";
import { isCluster, patienceMs, RedisCommands, reasonOf } from "./commands.js";
import { Keys } from "./keys.js";
import type { RedisParts } from "./parts.js";
import { ClusterSubscriber, type Heard, type RedisSubscriber, SingleSubscriber } from "./subscriber.js";

/** A redis:// or rediss:// URL, the parts of one, or a host's own connection, whose options are taken over. */
export type RedisStorage = string | RedisParts | Redis | Cluster;

const backOff = (attempt: number) => Math.min(50 * 2 ** Math.min(attempt, 5), patienceMs);

const bounded = {
  lazyConnect: true,
  connectTimeout: patienceMs,
  // A line that died in silence: what was asked and not answered by then closes it, and it is opened anew.
  socketTimeout: 2.5 * patienceMs,
  // What waits for a connection is given up after a few attempts, so that an outage does not pile up commands.
  maxRetriesPerRequest: 3,
  maxLoadingRetryTime: 100,
  retryStrategy: backOff,
  sentinelRetryStrategy: backOff,
  failoverDetector: true,
  // A compare-and-set sent a second time would be refused for its own first success, and look like somebody else's.
  autoResendUnfulfilledCommands: false,
  // A master that has become a replica: the next connection finds the new one. The command is not sent again by itself,
  // or it would be for as long as there is none, long after whoever asked has given it up.
  reconnectOnError: (error: Error) => reasonOf(error) === "READONLY",
  // Subscriptions are renewed by whoever must know when they stand again.
  autoResubscribe: false,
} satisfies RedisOptions;

const boundedCluster = {
  lazyConnect: true,
  shardedSubscribers: true,
  clusterRetryStrategy: backOff,
  // For the same reason as above: what was sent to a master that then died is not sent again.
  retryDelayOnFailover: 0,
  slotsRefreshTimeout: patienceMs,
  slotsRefreshInterval: 5_000,
  scaleReads: "master",
} satisfies ClusterOptions;

/** All that one process has open to one Redis. */
export interface RedisConnections {
  /** Where it is, without a secret. */
  name: string;
  commands: RedisCommands;
  keys: Keys;
  /** Made at the first call: a connection that listens can do nothing else. */
  subscriber(heard: Heard): RedisSubscriber;
  close(): void;
}

/** Opens nothing yet: the first command does. A host's own connection stays as it is; what is opened here is closed here. */
export function connectRedis(storage: RedisStorage, { log, waitForReplicas }: DriverSettings): RedisConnections {
  const redis = open(storage);
  const commands = new RedisCommands(redis, { log, waitForReplicas });
  watch(redis, commands, log);
  const prefix = takePrefix(redis);
  const keys = new Keys({ prefix, tagged: redis.isCluster });
  redis.on("ready", () => void checkServer(redis, log));
  const listenBeside = (single: Redis, heard: Heard) => {
    const listening = single.duplicate();
    watch(listening, commands, log);
    return new SingleSubscriber(listening, heard);
  };
  let subscriber: RedisSubscriber | undefined;
  return {
    name: `${placeOf(redis, storage)}${prefix && ` ${prefix}`}`,
    commands,
    keys,
    subscriber: (heard) => {
      subscriber ??= isCluster(redis) ? new ClusterSubscriber(redis, heard) : listenBeside(redis, heard);
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
    // By its own method: it may come from another copy of ioredis.
    return isCluster(storage)
      ? storage.duplicate([], { ...boundedCluster, redisOptions: bounded })
      : storage.duplicate(bounded);
  }
  const { cluster, ...parts } = storage;
  if (!cluster) return new Redis({ ...parts, ...bounded });
  return new Cluster([...cluster], { ...boundedCluster, redisOptions: { ...parts, ...bounded } });
}

/** Whether a storage is a connection of ioredis, of whatever copy. */
export function isConnection(storage: object): storage is Redis | Cluster {
  return (
    "duplicate" in storage &&
    typeof storage.duplicate === "function" &&
    "isCluster" in storage &&
    typeof storage.isCluster === "boolean"
  );
}

function placeOf(redis: Redis | Cluster, storage: RedisStorage): string {
  const addresses = (nodes: readonly { host?: string | undefined; port?: number | undefined }[]) =>
    nodes.map(({ host, port }) => `${host}:${port}`).join(",");
  if (isCluster(redis)) {
    // A host's own Cluster says of no node that it is one before it is connected: it is known by itself alone.
    const nodes = typeof storage === "object" && !isConnection(storage) ? storage.cluster : undefined;
    return `Redis Cluster ${nodes ? addresses(nodes) : randomUUID()}`;
  }
  const { path, host, port, sentinels, name, db = 0 } = redis.options;
  const place = sentinels ? `${name} of ${addresses(sentinels)}` : (path ?? addresses([{ host, port }]));
  return `Redis ${place}/${db}`;
}

/** `keys.ts` spells whole keys: a script would not know of a prefix that is added behind its back. */
function takePrefix({ options }: Redis | Cluster): string {
  const prefix = options.keyPrefix ?? "";
  options.keyPrefix = "";
  return prefix;
}

/** Without a listener ioredis prints every failed attempt; one report is enough for an outage. */
function watch(redis: Redis | Cluster, commands: RedisCommands, log: Log): void {
  let reported = false;
  redis.on("error", (error: Error) => {
    if (!isCluster(redis) && /DB index is out of range|invalid DB index/i.test(error.message)) {
      // Left alone, ioredis goes on in database 0, which may be somebody else's.
      commands.refuse(missingDatabase(redis.options.db));
      redis.disconnect();
      return;
    }
    if (!reported) log("error", "Redis cannot be reached", { metadata: { error: reasonOf(error) } });
    reported = true;
  });
  redis.on("ready", () => {
    reported = false;
  });
}

const missingDatabase = (db: number | undefined) =>
  new ConfigurationError(
    `createMcp({ storage }) names database ${db}, which this Redis does not have`,
    "Change the number at the end of the URL (or `db`), or raise `databases` in the configuration of Redis.",
  );
