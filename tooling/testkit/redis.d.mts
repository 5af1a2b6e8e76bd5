export interface RedisServer {
  url: string;
  port: number;
  /** redis-server's own pid. */
  readonly pid: number;
  /** `kill -9`. Resolves once it is gone. */
  kill(): Promise<void>;
  /** Back on the same port, killed before when it still ran. Resolves once it accepts connections. */
  restart(): Promise<void>;
  /** Ends it and removes what it has written. */
  stop(): Promise<void>;
}

/**
 * A Redis of one's own, on 127.0.0.1, that ends when the caller ends, however it ends. `args` go to redis-server behind
 * ours and win over them. It forgets everything when it is killed, unless it is `durable`: then every write is on disk
 * before it is answered. Throws when there is no redis-server and none can be installed, with one line that says what to do.
 */
export function startRedis(options?: { port?: number; args?: string[]; durable?: boolean }): Promise<RedisServer>;

/** The Redis at TEST_REDIS_URL or REDIS_URL when it can be reached, else a new one. `stop` ends only the latter. */
export function ensureRedis(): Promise<{ url: string; stop(): Promise<void> }>;
