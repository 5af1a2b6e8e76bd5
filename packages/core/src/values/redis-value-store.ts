import type { Redis } from "ioredis";
import { ask } from "../redis/connection.js";
import { compareAndSet } from "../redis/lua/compare-and-set.js";
import { run } from "../redis/script.js";
import type { ValueStore } from "./value-store.js";

export class RedisValueStore implements ValueStore {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async get(key: string, renew?: number): Promise<string | undefined> {
    const read = () => (renew === undefined ? this.#redis.get(key) : this.#redis.getex(key, "EX", renew));
    return (await ask(read)) ?? undefined;
  }

  async set(key: string, value: string, ttl: number): Promise<void> {
    await ask(() => this.#redis.set(key, value, "EX", ttl));
  }

  async compareAndSet(key: string, head: string, value: string, ttl?: number): Promise<boolean> {
    return (await run(this.#redis, compareAndSet, [key], [head, value, ttl ?? ""])) === 1;
  }

  async delete(key: string): Promise<void> {
    await ask(() => this.#redis.del(key));
  }
}
