import { z } from "zod";
import type { Keys } from "../../values/keys.js";
import type { LockAnswer, LockRequest, ValueStore } from "../../values/value-store.js";
import type { RedisCommands } from "./commands.js";
import { compareAndSet } from "./lua/compare-and-set.js";
import { releaseLock } from "./lua/release-lock.js";
import { takeLock } from "./lua/take-lock.js";

const lockAnswer = z.union([
  // A nil at the end of a script's answer cuts it short.
  z.tuple([z.enum(["changed", "yours"]), z.string().nullish()]),
  z.tuple([z.literal("theirs"), z.number()]),
]);

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

  async lock({ key, expected, lockKey, owner, life }: LockRequest): Promise<LockAnswer> {
    const answer = lockAnswer.parse(await this.#commands.run(takeLock, [key, lockKey], [expected ?? "", owner, life]));
    const [state, found] = answer;
    if (state === "theirs") return { state, ms: found };
    return { state, value: found ?? undefined };
  }

  async unlock(lockKey: string, owner: string): Promise<void> {
    await this.#commands.run(releaseLock, [lockKey], [owner]);
  }

  scan(pattern: string): AsyncIterableIterator<string> {
    return this.#commands.scan(pattern);
  }
}
