/** A redis-server (or valkey-server) and what its environment needs. Without one: the system's package is installed as root, else unpacked into a cache. Throws with one line that says what to do. */
export function findRedisServer(options?: { log?: (message: string) => void }): {
  path: string;
  env: Record<string, string>;
};

export interface RedisServer {
  url: string;
  port: number;
  /** redis-server's own pid. */
  pid: number;
  /** `kill -9`. Resolves once it is gone. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * A Redis of one's own, on 127.0.0.1, that keeps nothing and ends when the caller ends, however it ends. `args` go to
 * redis-server behind ours and win over them.
 */
export function startRedis(options?: { port?: number; args?: string[] }): Promise<RedisServer>;

/** The Redis at TEST_REDIS_URL or REDIS_URL when it can be reached, else a new one. `stop` ends only the latter. */
export function ensureRedis(): Promise<{ url: string; stop(): Promise<void> }>;
