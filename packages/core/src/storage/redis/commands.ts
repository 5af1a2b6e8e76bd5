import { isMcpSessionError } from "@mcp-assistant/protocol";
import type { Cluster, Redis } from "ioredis";
import { type ConfigurationError, StoreUnavailableError } from "../../errors.js";
import type { Log } from "../../logger.js";
import type { Script } from "./lua/script.js";

/** Whether a connection is one to all masters of a Redis Cluster. */
export const isCluster = (redis: Redis | Cluster): redis is Cluster => redis.isCluster;

/** A dead Redis is said so within this time (ms), and asked again at most this often. */
export const patienceMs = 1_000;

/** How long (ms) replicas may take to have a write of credentials. */
const replicaPatienceMs = 400;

/** How often (ms) the same refusal is reported. */
const reportIntervalMs = 60_000;

/**
 * Commands to one Redis, each answered within a second: whatever goes wrong is a `StoreUnavailableError`.
 * A command that was given up may still have been done.
 */
export class RedisCommands {
  readonly #redis: Redis | Cluster;
  readonly #log: Log;
  readonly #waitForReplicas: number;
  readonly #reported = new Map<string, number>();

  #refusal: ConfigurationError | undefined;

  constructor(redis: Redis | Cluster, { log, waitForReplicas }: { log: Log; waitForReplicas: number }) {
    this.#redis = redis;
    this.#log = log;
    this.#waitForReplicas = waitForReplicas;
  }

  /** Answers everything with this error from now on: for a Redis that must not be used as it was named. */
  refuse(error: ConfigurationError): void {
    this.#refusal = error;
  }

  async ask<T>(command: (redis: Redis | Cluster) => Promise<T>): Promise<T> {
    try {
      return await withinPatience(command(this.#redis));
    } catch (error) {
      throw this.#told(error);
    }
  }

  /** Runs a script by its hash, and by its text when Redis has forgotten it (a restart, SCRIPT FLUSH, a failover). */
  run({ source, sha }: Script, keys: string[], args: (string | number)[]): Promise<unknown> {
    return this.ask(async (redis) => {
      try {
        return await redis.evalsha(sha, keys.length, ...keys, ...args);
      } catch (error) {
        if (!isForgotten(error)) throw error;
        return redis.eval(source, keys.length, ...keys, ...args);
      }
    });
  }

  /** The same, done only when as many replicas as the app asks for have it, too. For what cannot be had again. */
  runDurably(script: Script, keys: string[], args: (string | number)[]): Promise<unknown> {
    if (this.#waitForReplicas === 0) return this.run(script, keys, args);
    return this.ask(async (redis) => {
      const first = await withWait(redis, this.#waitForReplicas, ["evalsha", script.sha, keys, args]);
      const answer = isForgotten(first.error)
        ? await withWait(redis, this.#waitForReplicas, ["eval", script.source, keys, args])
        : first;
      if (answer.error) throw answer.error;
      if (answer.replicas < this.#waitForReplicas) throw new Error("NOREPLICAS Too few replicas have the write");
      return answer.result;
    });
  }

  /** All keys that match a glob pattern, on every master. Some may come twice. For rotation alone. */
  async *scan(pattern: string): AsyncIterableIterator<string> {
    await this.ask((redis) => redis.time());
    const nodes = isCluster(this.#redis) ? this.#redis.nodes("master") : [this.#redis];
    for (const node of nodes) {
      let cursor = "0";
      do {
        const [next, keys] = await this.ask(() => node.scan(cursor, "MATCH", pattern, "COUNT", 500));
        yield* keys;
        cursor = next;
      } while (cursor !== "0");
    }
  }

  #told(error: unknown): Error {
    if (this.#refusal) return this.#refusal;
    if (isMcpSessionError(error)) return error;
    const reason = reasonOf(error);
    const last = this.#reported.get(reason);
    if (last === undefined || performance.now() - last > reportIntervalMs) {
      this.#reported.set(reason, performance.now());
      this.#log("error", "Redis did not do what it was asked", { metadata: { error: reason } });
    }
    return new StoreUnavailableError(error, reason === "OOM" ? "full" : "away");
  }
}

/** What an operator may know of an error of Redis: its kind, never its text, which may hold what was sent. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  // What goes wrong within a script, Redis 6.2 tells at the end of an ERR.
  const kind = /^(?:ERR Error running script .*: -)?([A-Z]{3,})(?= )/.exec(error.message)?.[1];
  if (kind && kind !== "ERR") return kind;
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}

const isForgotten = (error: unknown) => error instanceof Error && error.message.startsWith("NOSCRIPT");

/** In one pipeline: WAIT counts the replicas that have what was written before it on the same connection. */
async function withWait(
  redis: Redis | Cluster,
  replicas: number,
  [command, script, keys, args]: ["eval" | "evalsha", string, string[], (string | number)[]],
): Promise<{ error: Error | null; result: unknown; replicas: number }> {
  const answers = await redis
    .pipeline()
    [command](script, keys.length, ...keys, ...args)
    .wait(replicas, replicaPatienceMs)
    .exec();
  const [[error = null, result] = [null, undefined], [waitError, count] = [null, 0]] = answers ?? [];
  return { error: error ?? waitError, result, replicas: Number(count) };
}

class TooLateError extends Error {
  readonly code = "ETIMEDOUT";

  constructor() {
    super(`Redis did not answer in ${patienceMs} ms`);
  }
}

function withinPatience<T>(answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    // After a stall of this process the answer may have arrived, unread: sockets are read before an immediate runs.
    const late = setTimeout(() => setImmediate(() => reject(new TooLateError())), patienceMs);
    answer.then(resolve, reject).finally(() => clearTimeout(late));
  });
}
