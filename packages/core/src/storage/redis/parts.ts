/** Where a Redis is, in parts: ioredis' own names. With `sentinels` and `name` the master that they name. */
export interface RedisParts {
  host?: string;
  port?: number;
  /** Of a socket on this machine. */
  path?: string;
  family?: number;
  username?: string;
  password?: string;
  /** The number of a database. */
  db?: number;
  /** Options of `tls.connect` (node:tls). */
  tls?: object;
  keyPrefix?: string;
  sentinels?: { host: string; port: number }[];
  name?: string;
  sentinelUsername?: string;
  sentinelPassword?: string;
  sentinelTLS?: object;
  enableTLSForSentinelMode?: boolean;
  /** Some nodes of a Redis Cluster (Redis 7 or newer), which name the others. */
  cluster?: readonly { host: string; port: number }[];
}

/** A connection of ioredis, of whatever version or copy: a `Redis` or a `Cluster`. Its options are taken over. */
export interface RedisConnection {
  readonly isCluster: boolean;
  duplicate(...args: never[]): unknown;
}
