import type { Keys } from "../redis/keys.js";
import { compareAndSet } from "../redis/lua/compare-and-set.js";
import type { RedisCommands } from "../redis/redis-commands.js";
import type { ValueStore } from "./value-store.js";

export class RedisValueStore implements ValueStore {
  readonly keys: Keys;
  readonly #commands: RedisCommands;

  constructor({ commands, keys }: { commands: RedisCommands; keys: Keys }) {
    this.#commands = commands;
    this.keys = keys;
  }

  async get(key: string, renew?: number): Promise<string | undefined> {
    const read = this.#commands.ask((redis) => (renew === undefined ? redis.get(key) : redis.getex(key, "EX", renew)));
    return (await read) ?? undefined;
  }

  async set(key: string, value: string, ttl: number): Promise<void> {
    await this.#commands.ask((redis) => redis.set(key, value, "EX", ttl));
  }

  async compareAndSet(key: string, head: string, value: string, ttl?: number): Promise<boolean> {
    return (await this.#commands.runDurably(compareAndSet, [key], [head, value, ttl ?? ""])) === 1;
  }

  async delete(key: string): Promise<void> {
    await this.#commands.ask((redis) => redis.del(key));
  }

  scan(pattern: string): AsyncIterableIterator<string> {
    return this.#commands.scan(pattern);
  }
}
