import type { Cluster, Redis } from "ioredis";
import { timeoutMs } from "./commands.js";

/** Receives the messages and interruptions of a subscriber. */
export interface ChannelListener {
  message(channel: string, text: string): void;
  /** These channels are subscribed again after an interruption, during which messages may have been missed. */
  restored(channels: readonly string[]): void;
}

/** Subscribes to channels, and keeps them subscribed when the connection is lost. */
export interface RedisSubscriber {
  /** Once it resolves, messages are delivered. Rejects if Redis does not answer. */
  subscribe(channel: string): Promise<void>;
  unsubscribe(channel: string): void;
  close(): void;
}

/** How many channels one command subscribes to; a call can take about a hundred thousand arguments. */
const maxBatch = 1_000;

/** How often (ms) a subscribed connection is checked with a PING. */
const pingIntervalMs = 15_000;

/** One connection to one Redis. */
export class SingleSubscriber implements RedisSubscriber {
  readonly #redis: Redis;
  readonly #listener: ChannelListener;
  readonly #channels = new Set<string>();
  readonly #ping: NodeJS.Timeout;
  #connectedBefore = false;

  constructor(redis: Redis, listener: ChannelListener) {
    this.#redis = redis;
    this.#listener = listener;
    redis.on("message", (channel: string, text: string) => listener.message(channel, text));
    redis.on("ready", () => {
      if (this.#connectedBefore) this.#restore();
      this.#connectedBefore = true;
    });
    // A missing answer closes the connection (`socketTimeout`).
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

  /** Reports channels only when they are subscribed again, so listeners can read what they missed without a gap. */
  #restore(): void {
    const all = [...this.#channels];
    for (let start = 0; start < all.length; start += maxBatch) {
      const channels = all.slice(start, start + maxBatch);
      this.#redis.subscribe(...channels).then(
        () => this.#listener.restored(channels),
        // The connection was lost again; its next "ready" leads back here.
        () => undefined,
      );
    }
  }
}

/** One connection to each master of a Redis Cluster, because a channel is in the shard of its user's keys. */
export class ClusterSubscriber implements RedisSubscriber {
  readonly #cluster: Cluster;
  readonly #listener: ChannelListener;
  readonly #channels = new Set<string>();
  #restoring: NodeJS.Timeout | undefined;
  /** Before the first subscription has succeeded, there is nothing to restore. */
  #hasSubscribed = false;

  constructor(cluster: Cluster, listener: ChannelListener) {
    this.#cluster = cluster;
    this.#listener = listener;
    cluster.on("smessage", (channel: string, text: string) => listener.message(channel, text));
    // ioredis subscribes again automatically, but does not report when it is done.
    for (const change of ["subscribersReady", "+subscriber", "-subscriber"])
      cluster.on(change, () => this.#restoreSoon());
  }

  async subscribe(channel: string): Promise<void> {
    this.#channels.add(channel);
    await this.#cluster.ssubscribe(channel);
    this.#hasSubscribed = true;
  }

  unsubscribe(channel: string): void {
    this.#channels.delete(channel);
    this.#cluster.sunsubscribe(channel).catch(() => undefined);
  }

  close(): void {
    this.#hasSubscribed = false;
    clearTimeout(this.#restoring);
  }

  #restoreSoon(delay = 50): void {
    clearTimeout(this.#restoring);
    if (!this.#hasSubscribed || this.#channels.size === 0) return;
    this.#restoring = setTimeout(() => void this.#restore(), delay).unref();
  }

  async #restore(): Promise<void> {
    const channels = [...this.#channels];
    const results = await Promise.allSettled(channels.map((channel) => this.#cluster.ssubscribe(channel)));
    this.#listener.restored(channels.filter((_, index) => results[index]?.status === "fulfilled"));
    // Listeners of a missing shard must wait, those of the other shards need not.
    if (results.some(({ status }) => status === "rejected")) this.#restoreSoon(timeoutMs);
  }
}
