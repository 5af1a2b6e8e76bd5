import { Cluster, type ClusterOptions, Redis, type RedisOptions } from "ioredis";
import { Keys } from "../../values/keys.js";
import { checkServer } from "./check-server.js";
import { patience, RedisCommands, reasonOf } from "./commands.js";
import type { Report } from "./report.js";
import { ClusterSubscriber, type Heard, type RedisSubscriber, SingleSubscriber } from "./subscriber.js";

type Taken =
  | "host"
  | "port"
  | "path"
  | "family"
  | "username"
  | "password"
  | "db"
  | "tls"
  | "keyPrefix"
  | "sentinels"
  | "name"
  | "sentinelUsername"
  | "sentinelPassword"
  | "sentinelTLS"
  | "enableTLSForSentinelMode";

/** Where a Redis is, in parts: ioredis' own names. With `sentinels` and `name` the master that they name. */
export interface RedisParts extends Pick<RedisOptions, Taken> {
  /** Some nodes of a Redis Cluster (Redis 7 or newer), which name the others. */
  cluster?: readonly { host: string; port: number }[];
}

/** A redis:// or rediss:// URL, the parts of one, or a host's own connection, whose options are taken over. */
export type RedisStorage = string | RedisParts | Redis | Cluster;

const backOff = (attempt: number) => Math.min(50 * 2 ** Math.min(attempt, 5), patience);

const bounded = {
  lazyConnect: true,
  connectTimeout: patience,
  // A line that died in silence: what was asked and not answered by then closes it, and it is opened anew.
  socketTimeout: 2.5 * patience,
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
  slotsRefreshTimeout: patience,
  slotsRefreshInterval: 5_000,
  scaleReads: "master",
} satisfies ClusterOptions;

/** All that one process has open to one Redis. */
export interface RedisConnections {
  commands: RedisCommands;
  keys: Keys;
  /** Made at the first call: a connection that listens can do nothing else. */
  subscriber(heard: Heard): RedisSubscriber;
  close(): void;
}

export interface ConnectOptions {
  report: Report;
  /** How many replicas must have a write of credentials before it counts as done. */
  waitForReplicas: number;
}

/** Opens nothing yet: the first command does. A host's own connection stays as it is; what is opened here is closed here. */
export function connectRedis(storage: RedisStorage, { report, waitForReplicas }: ConnectOptions): RedisConnections {
  const redis = open(storage);
  reportOutages(redis, report);
  const keys = new Keys({ prefix: takePrefix(redis), tagged: redis.isCluster });
  const commands = new RedisCommands(redis, { report, waitForReplicas });
  redis.on("ready", () => void checkServer(redis, report));
  let subscriber: RedisSubscriber | undefined;
  return {
    commands,
    keys,
    subscriber: (heard) => {
      subscriber ??= redis.isCluster
        ? new ClusterSubscriber(redis as Cluster, heard)
        : listenBeside(redis as Redis, heard, report);
      return subscriber;
    },
    close: () => {
      subscriber?.close();
      redis.disconnect();
    },
  };
}

function listenBeside(redis: Redis, heard: Heard, report: Report): SingleSubscriber {
  const listening = redis.duplicate();
  reportOutages(listening, report);
  return new SingleSubscriber(listening, heard);
}

function open(storage: RedisStorage): Redis | Cluster {
  if (typeof storage === "string") return new Redis(storage, bounded);
  if (isConnection(storage)) {
    // By its own method: it may come from another copy of ioredis.
    return storage.isCluster
      ? (storage as Cluster).duplicate([], { ...boundedCluster, redisOptions: bounded })
      : (storage as Redis).duplicate(bounded);
  }
  const { cluster, ...parts } = storage;
  if (!cluster) return new Redis({ ...parts, ...bounded });
  return new Cluster([...cluster], { ...boundedCluster, redisOptions: { ...parts, ...bounded } });
}

/** Whether a storage is a connection of ioredis, of whatever copy. */
export function isConnection(storage: RedisStorage): storage is Redis | Cluster {
  return typeof storage === "object" && "duplicate" in storage && "isCluster" in storage;
}

/** `keys.ts` spells whole keys: a script would not know of a prefix that is added behind its back. */
function takePrefix({ options }: Redis | Cluster): string {
  const prefix = options.keyPrefix ?? "";
  options.keyPrefix = "";
  return prefix;
}

/** Without a listener ioredis prints every failed attempt; one report is enough for an outage. */
function reportOutages(redis: Redis | Cluster, report: Report): void {
  let reported = false;
  redis.on("error", (error: Error) => {
    if (!reported) report("Redis cannot be reached", { error: reasonOf(error) });
    reported = true;
  });
  redis.on("ready", () => {
    reported = false;
  });
}
