import type { RedisServer } from "./redis.mjs";

export interface RedisCluster {
  /** The three initial masters, then the replicas: the first master's, the second's, the third's, and so on. */
  nodes: RedisServer[];
  urls: string[];
  /** The nodes that currently report being a master. A node that does not answer is left out. */
  masters(): Promise<RedisServer[]>;
  stop(): Promise<void>;
}

/**
 * Starts a cluster of three masters on 127.0.0.1, each with `replicas` (0) replicas, which ends when the caller ends.
 * Every write is on disk before it is answered. A killed master's replica takes its place after about 2 s; without one,
 * the cluster is down until the master restarts. `settings` are lines for every node's configuration file.
 */
export function startRedisCluster(options?: { replicas?: number; settings?: string[] }): Promise<RedisCluster>;
