import { isMcpSessionError } from "@mcp-assistant/protocol";
import type { Cluster, Redis } from "ioredis";
import { type ConfigurationError, StoreUnavailableError } from "../../errors.js";
import type { Log } from "../../logger.js";
import { runShared } from "../../process-wide.js";
import type { Script } from "./lua/script.js";

/** Whether a connection goes to all masters of a Redis Cluster. */
export const isCluster = (redis: Redis | Cluster): redis is Cluster => redis.isCluster;

/** The timeout (ms) of a command and of connecting, and the longest pause (ms) between attempts to connect. */
export const timeoutMs = 1_000;

/** How often (ms) it is counted how long a command has taken. */
const stepMs = 250;

/** How long (ms) replicas may take to receive a durable write. */
const replicaTimeoutMs = 400;

/** How often (ms) the same refusal is reported. */
const reportIntervalMs = 60_000;

/**
 * Sends commands to one Redis. Each settles within about a second; any failure becomes a `StoreUnavailableError`. A
 * command that timed out may still have been carried out.
 */
export class RedisCommands {
  readonly #redis: Redis | Cluster;
  readonly #log: Log;
  readonly #waitForReplicas: number;
  readonly #address: { "server.address"?: string };
  readonly #reported = new Map<string, number>();

  #refusal: ConfigurationError | undefined;
  #isLost = false;

  /** `address`: where the Redis is, for the log, if that is known. It must not contain a password. */
  constructor(
    redis: Redis | Cluster,
    { log, waitForReplicas, address }: { log: Log; waitForReplicas: number; address?: string | undefined },
  ) {
    this.#redis = redis;
    this.#log = log;
    this.#waitForReplicas = waitForReplicas;
    this.#address = address === undefined ? {} : { "server.address": address };
  }

  /** Whether one server may fail while the others answer. */
  get isCluster(): boolean {
    return this.#redis.isCluster;
  }

  /** Makes every command fail with this error from now on, for a Redis that must not be used as configured. */
  refuse(error: ConfigurationError): void {
    this.#refusal = error;
  }

  /** Logs that Redis cannot be reached, once until {@link regained}. */
  lost(error: Error): void {
    if (!this.#isLost) this.#report("Redis cannot be reached", reasonOf(error));
    this.#isLost = true;
  }

  regained(): void {
    this.#isLost = false;
  }

  async ask<T>(command: (redis: Redis | Cluster) => Promise<T>): Promise<T> {
    try {
      // The first command opens the connection, whose events would belong to that command's answer for ever.
      return await withTimeout(runShared(() => command(this.#redis)));
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** Runs a script by its hash, or by its source if Redis has lost it (after a restart, SCRIPT FLUSH or a failover). */
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

  /**
   * Like {@link run}, but fails unless as many replicas as the app requires received the write. For irreplaceable data.
   */
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

  /** All keys that match a glob pattern, on every master. Keys can repeat. Only for key rotation. */
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

  #failure(error: unknown): Error {
    if (this.#refusal) return this.#refusal;
    if (isMcpSessionError(error)) return error;
    const reason = reasonOf(error);
    const last = this.#reported.get(reason);
    // The commands that fail during a reported outage have the same cause.
    const isKnown = this.#isLost && this.#redis.status !== "ready";
    if (!isKnown && (last === undefined || performance.now() - last > reportIntervalMs)) {
      this.#reported.set(reason, performance.now());
      this.#report("A Redis command failed", reason);
    }
    return new StoreUnavailableError(error, reason === "OOM" ? "full" : "away");
  }

  #report(message: string, reason: string): void {
    this.#log("error", message, { metadata: { ...this.#address, error: reason } });
  }
}

/** The kind of a Redis error, for the log. Never its message, which may contain what was sent. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  // Redis 6.2 reports an error inside a script at the end of an ERR message.
  const kind = /^(?:ERR Error running script .*: -)?([A-Z]{3,})(?= )/.exec(error.message)?.[1];
  if (kind && kind !== "ERR") return kind;
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}

const isForgotten = (error: unknown) => error instanceof Error && error.message.startsWith("NOSCRIPT");

/** Uses one pipeline, because WAIT counts the replicas that have the earlier writes of the same connection. */
async function withWait(
  redis: Redis | Cluster,
  replicas: number,
  [command, script, keys, args]: ["eval" | "evalsha", string, string[], (string | number)[]],
): Promise<{ error: Error | null; result: unknown; replicas: number }> {
  const answers = await redis
    .pipeline()
    [command](script, keys.length, ...keys, ...args)
    .wait(replicas, replicaTimeoutMs)
    .exec();
  const [[error = null, result] = [null, undefined], [waitError, count] = [null, 0]] = answers ?? [];
  return { error: error ?? waitError, result, replicas: Number(count) };
}

class CommandTimeoutError extends Error {
  readonly code = "ETIMEDOUT";

  constructor() {
    super(`Redis did not answer in ${timeoutMs} ms`);
  }
}

/**
 * The time counts in steps, and a stall of this process as one step, however long it is. After one, such as a cold start,
 * the answer may be there but unread, and a connection needs several more turns of the event loop.
 */
function withTimeout<T>(answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    let left = timeoutMs / stepMs;
    const step = () => {
      left -= 1;
      if (left > 0) timer = setTimeout(step, stepMs);
      // Sockets are read before an immediate runs.
      else setImmediate(() => reject(new CommandTimeoutError()));
    };
    let timer = setTimeout(step, stepMs);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
