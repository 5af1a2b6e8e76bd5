export interface RedisServer {
  url: string;
  port: number;
  /** redis-server's own pid. */
  readonly pid: number;
  /** Kills it with `kill -9`. Resolves once it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port, after killing it if it still runs. Resolves once it accepts connections. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/**
 * Starts a separate Redis on 127.0.0.1, which ends when the caller ends, however it ends. `args` are passed to
 * redis-server after ours and override them. A killed Redis loses everything unless it is `durable`: then every write
 * is on disk before it is answered. Throws an error of one line that says what to do when there is no redis-server and
 * none can be installed.
 */
export function startRedis(options?: { port?: number; args?: string[]; durable?: boolean }): Promise<RedisServer>;

/** The Redis at TEST_REDIS_URL or REDIS_URL if it can be reached, or else a new one. `stop` only ends a new one. */
export function ensureRedis(): Promise<{ url: string; stop(): Promise<void> }>;
