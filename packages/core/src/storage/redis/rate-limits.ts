import { z } from "zod";
import type { Counted, RateLimits } from "../../rates/rate-limits.js";
import type { Keys } from "../../values/keys.js";
import type { RedisCommands } from "./commands.js";
import { takeRate } from "./lua/take-rate.js";

const waitAnswer = z.number();

/** Counts in Redis. A failover may lose the last ones: somebody then does a little more than he might. */
export class RedisRateLimits implements RateLimits {
  readonly #commands: RedisCommands;
  readonly #keys: Keys;

  constructor({ commands, keys }: { commands: RedisCommands; keys: Keys }) {
    this.#commands = commands;
    this.#keys = keys;
  }

  async take(counted: Counted): Promise<number> {
    return waitAnswer.parse(await this.#count(counted, 1)) / 1_000;
  }

  async giveBack(counted: Counted): Promise<void> {
    await this.#count(counted, -1);
  }

  #count({ userId, what, burst, interval }: Counted, count: 1 | -1): Promise<unknown> {
    const key = this.#keys.rate(userId, what);
    return this.#commands.run(takeRate, [key], [Math.round(interval * 1_000), burst, count]);
  }
}
