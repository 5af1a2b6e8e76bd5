import { setTimeout as pause } from "node:timers/promises";
import { isMcpSessionError } from "@mcp-assistant/protocol";
import { eventually } from "@mcp-assistant/testing/eventually";
import { startRedisCluster } from "@mcp-assistant/testkit/redis-cluster";
import { startRedisSentinel } from "@mcp-assistant/testkit/redis-sentinel";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { someRecord } from "../src/samples.fixture.js";
import type { SessionRecord } from "../src/session/session-record.js";
import type { RedisParts } from "../src/storage/redis/parts.js";
import { openStorage, type Storage } from "../src/storage/storage.js";

/** A Redis of several servers whose masters can be killed. */
interface Fleet {
  storage: RedisParts;
  /** Kills a master with `kill -9`. Resolves with a function that brings it back as a replica of the new master. */
  killMaster(): Promise<() => Promise<void>>;
  stop(): Promise<void>;
}

export interface FailoverSizes {
  kind: "sentinel" | "cluster";
  failovers: number;
  /** 1: sign-ins wait for a replica. 0: what asynchronous replication loses is counted and reported. */
  waitForReplicas: 0 | 1;
}

const users = 20;

/** How long (ms) a caller may wait for a typed error, and writers of a user for the next success after a kill. */
const maxAnswerMs = 1_300;
const maxOutageMs = 15_000;

export function failoverScenario({ kind, failovers, waitForReplicas }: FailoverSizes): void {
  const promise = waitForReplicas ? "no acknowledged sign-in is lost" : "sign-ins may be lost, and all users continue";
  const name = `killing a ${kind} master ${failovers} times, waiting for ${waitForReplicas} replicas: ${promise}`;
  test(name, { timeout: 30_000 + failovers * 40_000 }, async () => {
    const fleet = kind === "sentinel" ? await sentinelFleet(waitForReplicas) : await clusterFleet(waitForReplicas);
    try {
      const outcome = await writeThrough(fleet, { failovers, waitForReplicas });
      console.log(`failovers (${kind}, WAIT ${waitForReplicas}):`, JSON.stringify(outcome));
      expect(outcome).toMatchObject({ untyped: [], stuck: 0 });
      expect(outcome.slowestAnswer).toBeLessThan(maxAnswerMs);
      if (waitForReplicas > 0) expect(outcome.lost).toBe(0);
    } finally {
      await fleet.stop();
    }
  });
}

async function sentinelFleet(minReplicasToWrite: number): Promise<Fleet> {
  const redis = await startRedisSentinel({ minReplicasToWrite });
  return {
    storage: { sentinels: redis.sentinels, name: redis.name },
    killMaster: async () => {
      const dead = await redis.killMaster();
      return async () => {
        await dead.restart();
        // Until it follows the new master, there are too few replicas to lose another server.
        await eventually(async () => (await replicasOf(await redis.master())) === 2, { timeout: 60_000, every: 500 });
      };
    },
    stop: () => redis.stop(),
  };
}

async function replicasOf({ port }: { port: number }): Promise<number> {
  const redis = new Redis(port);
  try {
    return Number(/^connected_slaves:(\d+)/m.exec(await redis.info("replication"))?.[1]);
  } finally {
    redis.disconnect();
  }
}

async function clusterFleet(minReplicas: number): Promise<Fleet> {
  const settings = [`min-replicas-to-write ${minReplicas}`, "min-replicas-max-lag 2"];
  const redis = await startRedisCluster({ replicas: 2, settings });
  const nodes = redis.nodes.map(({ port }) => ({ host: "127.0.0.1", port }));
  return {
    storage: { cluster: nodes },
    killMaster: async () => {
      const [master] = await redis.masters();
      if (!master) throw new Error("There is no master");
      await master.kill();
      return () => master.restart();
    },
    stop: () => redis.stop(),
  };
}

interface Outcome {
  acknowledged: number;
  refused: number;
  lost: number;
  /** Errors that are not ours. */
  untyped: string[];
  /** Users for whom nothing worked again in time. */
  stuck: number;
  /** ms */
  slowestAnswer: number;
  outages: number[];
}

/** Each user's sign-in is written over and over, by its own writer, while masters are killed. */
async function writeThrough(
  { storage: parts, killMaster }: Fleet,
  { failovers, waitForReplicas }: Pick<FailoverSizes, "failovers" | "waitForReplicas">,
): Promise<Outcome> {
  const storage = openStorage(parts, {
    sessionTtl: 600,
    encryptionKeys: "none",
    waitForReplicas,
    logger: () => undefined,
  });
  const outcome: Outcome = {
    acknowledged: 0,
    refused: 0,
    lost: 0,
    untyped: [],
    stuck: 0,
    slowestAnswer: 0,
    outages: [],
  };
  const writers: Writer[] = [];
  for (let user = 0; user < users; user++) writers.push(await Writer.create(storage, outcome));
  const running = writers.map((writer) => writer.run());
  try {
    for (let kill = 0; kill < failovers; kill++) {
      await pause(500);
      const bringBack = await killMaster();
      const killedAt = performance.now();
      // A write that was in flight when the master died may still be answered, so wait for a second one.
      const successes = writers.map((writer) => writer.afterNext(2, maxOutageMs));
      outcome.stuck += (await Promise.all(successes)).filter((success) => !success).length;
      outcome.outages.push(Math.round(performance.now() - killedAt));
      for (const writer of writers) await writer.check();
      await bringBack();
      // The next kill must find a server that can take over.
      for (const writer of writers) await writer.afterNext(1, maxOutageMs);
      await pause(1_000);
    }
    for (const writer of writers) await writer.check();
  } finally {
    for (const writer of writers) writer.stop();
    await Promise.all(running);
    await storage.close();
  }
  return outcome;
}

class Writer {
  readonly #storage: Storage;
  readonly #outcome: Outcome;
  readonly #record: SessionRecord;
  #running = true;
  #next = 1;
  #acknowledged = 0;
  #successes = 0;

  private constructor(storage: Storage, outcome: Outcome, record: SessionRecord) {
    this.#storage = storage;
    this.#outcome = outcome;
    this.#record = record;
  }

  static async create(storage: Storage, outcome: Outcome): Promise<Writer> {
    const record = someRecord();
    await storage.sessions.create(record, [], { limit: 50 });
    return new Writer(storage, outcome, record);
  }

  async run(): Promise<void> {
    while (this.#running) {
      try {
        if (await this.#write(this.#next)) {
          this.#acknowledged = this.#next;
          this.#successes += 1;
          this.#outcome.acknowledged += 1;
        }
        this.#next += 1;
      } catch (error) {
        this.#outcome.refused += 1;
        const typed = isMcpSessionError(error) && error.code === "STORE_UNAVAILABLE";
        if (!typed) this.#outcome.untyped.push(String(error));
      }
      await pause(20);
    }
  }

  stop(): void {
    this.#running = false;
  }

  /** Whether `count` more writes succeed within `time` (ms). */
  async afterNext(count: number, time: number): Promise<boolean> {
    const [wanted, until] = [this.#successes + count, performance.now() + time];
    while (this.#successes < wanted && performance.now() < until) await pause(10);
    return this.#successes >= wanted;
  }

  /** Counts this user's sign-in as lost when Redis has an older one than was acknowledged. */
  async check(): Promise<void> {
    const acknowledged = this.#acknowledged;
    // The connection to the new master may be lost once more, when the sentinels announce it.
    const stored = await eventually(
      () =>
        this.#read().then(
          (found) => ({ found }),
          () => undefined,
        ),
      {
        timeout: maxOutageMs,
      },
    ).then(({ found }) => found);
    if (Number(stored?.credentials ?? 0) >= acknowledged) return;
    this.#outcome.lost += 1;
    this.#acknowledged = 0;
  }

  async #read() {
    return this.#timed(() => this.#storage.sessions.read(this.#record.userId, this.#record.sessionId));
  }

  async #timed<T>(ask: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    try {
      return await ask();
    } finally {
      const took = Math.round(performance.now() - startedAt);
      this.#outcome.slowestAnswer = Math.max(this.#outcome.slowestAnswer, took);
    }
  }

  async #write(count: number): Promise<boolean> {
    const stored = await this.#read();
    if (!stored) {
      await this.#storage.sessions.create(this.#record, [], { limit: 50 });
      return false;
    }
    const next = { ...stored.record, v: stored.record.v + 1 };
    const commit = { previous: stored.record, next, events: [], credentials: String(count) };
    return this.#timed(() => this.#storage.sessions.commit(commit));
  }
}
