/** The address of a Redis in parts, named as in ioredis. With `sentinels` and `name`, the master of that name. */
export interface RedisParts {
  host?: string;
  port?: number;
  /** The path of a socket on this machine. */
  path?: string;
  family?: number;
  username?: string;
  password?: string;
  /** The number of the database. */
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
  /** Some nodes of a Redis Cluster (Redis 7 or newer), through which the others are found. */
  cluster?: readonly { host: string; port: number }[];
}

/** An ioredis connection of any version or copy: a `Redis` or a `Cluster`. Its options are copied. */
export interface RedisConnection {
  readonly isCluster: boolean;
  duplicate(...args: never[]): unknown;
}
