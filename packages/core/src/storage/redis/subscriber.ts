import type { Cluster, Redis } from "ioredis";
import { patienceMs } from "./commands.js";

/** What a subscriber's connection tells. */
export interface Heard {
  message(channel: string, text: string): void;
  /** These channels are heard again after an interruption, in which messages may have been missed. */
  restored(channels: readonly string[]): void;
}

/** Listens to channels, and goes on listening whatever happens to the connection. */
export interface RedisSubscriber {
  /** From the moment it resolves, messages are heard. Rejects when Redis does not answer. */
  subscribe(channel: string): Promise<void>;
  unsubscribe(channel: string): void;
  close(): void;
}

/** Channels that one command names: a call has room for about a hundred thousand arguments. */
const maxBatch = 1_000;

/** How often (ms) a connection that only listens proves that it is alive. */
const pingIntervalMs = 15_000;

/** One connection to one Redis. */
export class SingleSubscriber implements RedisSubscriber {
  readonly #redis: Redis;
  readonly #heard: Heard;
  readonly #channels = new Set<string>();
  readonly #ping: NodeJS.Timeout;
  #connectedBefore = false;

  constructor(redis: Redis, heard: Heard) {
    this.#redis = redis;
    this.#heard = heard;
    redis.on("message", (channel: string, text: string) => heard.message(channel, text));
    redis.on("ready", () => {
      if (this.#connectedBefore) this.#restore();
      this.#connectedBefore = true;
    });
    // An answer that stays away closes the connection (`socketTimeout`).
    this.#ping = setInterval(() => {
      if (redis.status === "ready") redis.ping().catch(() => undefined);
    }, pingIntervalMs).unref();
  }

  async subscribe(channel: string): Promise<void> {
    this.#channels.add(channel);
    await this.#redis.subscribe(channel);
  }

  unsubscribe(channel: string): void {
    this.#channels.delete(channel);
    this.#redis.unsubscribe(channel).catch(() => undefined);
  }

  close(): void {
    clearInterval(this.#ping);
    this.#redis.disconnect();
  }

  /** Only when the subscriptions stand again can a listener read what it missed, without a gap in between. */
  #restore(): void {
    const all = [...this.#channels];
    for (let start = 0; start < all.length; start += maxBatch) {
      const channels = all.slice(start, start + maxBatch);
      this.#redis.subscribe(...channels).then(
        () => this.#heard.restored(channels),
        // The connection went away once more: its next "ready" comes here again.
        () => undefined,
      );
    }
  }
}

/** One connection to each master of a Redis Cluster: a channel lives where its user's keys are. */
export class ClusterSubscriber implements RedisSubscriber {
  readonly #cluster: Cluster;
  readonly #heard: Heard;
  readonly #channels = new Set<string>();
  #restoring: NodeJS.Timeout | undefined;
  /** Until the first subscription stands, there is none to restore. */
  #stands = false;

  constructor(cluster: Cluster, heard: Heard) {
    this.#cluster = cluster;
    this.#heard = heard;
    cluster.on("smessage", (channel: string, text: string) => heard.message(channel, text));
    // ioredis subscribes anew by itself, but tells nobody when that is done.
    for (const change of ["subscribersReady", "+subscriber", "-subscriber"])
      cluster.on(change, () => this.#restoreSoon());
  }

  async subscribe(channel: string): Promise<void> {
    this.#channels.add(channel);
    await this.#cluster.ssubscribe(channel);
    this.#stands = true;
  }

  unsubscribe(channel: string): void {
    this.#channels.delete(channel);
    this.#cluster.sunsubscribe(channel).catch(() => undefined);
  }

  close(): void {
    this.#stands = false;
    clearTimeout(this.#restoring);
  }

  #restoreSoon(delay = 50): void {
    clearTimeout(this.#restoring);
    if (!this.#stands || this.#channels.size === 0) return;
    this.#restoring = setTimeout(() => void this.#restore(), delay).unref();
  }

  async #restore(): Promise<void> {
    const channels = [...this.#channels];
    const results = await Promise.allSettled(channels.map((channel) => this.#cluster.ssubscribe(channel)));
    this.#heard.restored(channels.filter((_, index) => results[index]?.status === "fulfilled"));
    // A shard that is away keeps its listeners waiting, not those of the others.
    if (results.some(({ status }) => status === "rejected")) this.#restoreSoon(patienceMs);
  }
}
