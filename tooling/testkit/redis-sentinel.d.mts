import type { RedisServer } from "./redis.mjs";

export interface RedisSentinel {
  /** The master's name. */
  name: string;
  /** The master it began with and its two replicas. */
  nodes: RedisServer[];
  sentinels: { host: string; port: number }[];
  /** The present master: resolves once all sentinels name the same node and that node agrees. */
  master(): Promise<RedisServer>;
  /** `kill -9` for the present master, which is given back: `restart()` brings it back. */
  killMaster(): Promise<RedisServer>;
  stop(): Promise<void>;
}

/**
 * A master, two replicas and three sentinels on 127.0.0.1 that end when the caller ends. `minReplicasToWrite` (0): with
 * fewer replicas a master refuses to write. `downAfterMs` (1 000): how long a master is silent before it is replaced.
 * `settings` are lines of every server's configuration file.
 *
 * A killed master that restarts still takes itself for one, as in life, until a sentinel tells it otherwise (about 10 s).
 */
export function startRedisSentinel(options?: {
  minReplicasToWrite?: number;
  downAfterMs?: number;
  failoverTimeoutMs?: number;
  settings?: string[];
}): Promise<RedisSentinel>;
