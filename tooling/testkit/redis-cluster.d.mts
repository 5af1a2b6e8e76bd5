import type { RedisServer } from "./redis.mjs";

export interface RedisCluster {
  /** The three masters it began with, then the replicas: the first master's, the second's, the third's, and so on. */
  nodes: RedisServer[];
  urls: string[];
  /** The nodes that call themselves master at this moment; one that does not answer is none. */
  masters(): Promise<RedisServer[]>;
  stop(): Promise<void>;
}

/**
 * A cluster of three masters on 127.0.0.1, each with `replicas` (0) of its own, that ends when the caller ends. Every
 * write is on disk before it is answered. A killed master's replica takes its place after about 2 s; without one the
 * cluster is down until the master restarts. `settings` are lines of every node's configuration file.
 */
export function startRedisCluster(options?: { replicas?: number; settings?: string[] }): Promise<RedisCluster>;
