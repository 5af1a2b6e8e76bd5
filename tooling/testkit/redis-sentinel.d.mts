import type { RedisServer } from "./redis.mjs";

export interface RedisSentinel {
  /** The master's name. */
  name: string;
  /** The initial master and its two replicas. */
  nodes: RedisServer[];
  sentinels: { host: string; port: number }[];
  /** The current master. Resolves once all sentinels name the same node and that node agrees. */
  master(): Promise<RedisServer>;
  /** Kills the current master with `kill -9` and returns it. Its `restart()` starts it again. */
  killMaster(): Promise<RedisServer>;
  stop(): Promise<void>;
}

/**
 * Starts a master, two replicas and three sentinels on 127.0.0.1, which end when the caller ends. `minReplicasToWrite`
 * (0): with fewer replicas, a master refuses to write. `downAfterMs` (1 000): how long a master is silent before it is
 * replaced. `settings` are lines for every server's configuration file.
 *
 * As in production, a killed master that restarts still believes that it is the master until a sentinel tells it
 * otherwise (about 10 s).
 */
export function startRedisSentinel(options?: {
  minReplicasToWrite?: number;
  downAfterMs?: number;
  failoverTimeoutMs?: number;
  settings?: string[];
}): Promise<RedisSentinel>;
