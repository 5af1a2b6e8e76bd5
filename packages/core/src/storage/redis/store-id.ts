import { randomBytes } from "node:crypto";
import type { RedisCommands } from "./commands.js";
import { isOfAnotherType } from "./reader.js";

/** How long (s) the ID is kept after its last check. */
const lifeSeconds = 30 * 24 * 3_600;

/** How often (ms) a process checks that the store still has the ID. */
export const checkIntervalMs = 30_000;

const idForm = /^[\w-]{1,64}$/;

function asDamaged(error: unknown): string {
  if (isOfAnotherType(error)) return "";
  throw error;
}

export interface StoreIdOptions {
  commands: Pick<RedisCommands, "ask">;
  key: string;
  /** The number of the database. A copy of the data in another one has the same ID. */
  database: number;
  /** Called when the store has another ID than before: its data was erased, and another process was faster. */
  changed: (before: string) => void;
}

/**
 * What the channels of a store are named after, so that the apps of two stores on one Redis, whose channels are common
 * to all databases, do not hear each other. It is random, made once by the first process that needs it, and kept in the
 * store. A process that finds it erased puts it back.
 */
export class StoreId {
  readonly #options: StoreIdOptions;
  #id: string | undefined;
  #checking: Promise<string> | undefined;
  #checkedAt = Number.NEGATIVE_INFINITY;

  constructor(options: StoreIdOptions) {
    this.#options = options;
  }

  /** The end of every channel's name, if it is known yet. */
  get known(): string | undefined {
    return this.#id === undefined ? undefined : this.#mark(this.#id);
  }

  /**
   * The end of every channel's name. Asks the store only the first time; later checks do not make the caller wait.
   * Rejects with a `StoreUnavailableError`.
   */
  async current(): Promise<string> {
    if (this.#id === undefined) return this.check();
    if (performance.now() - this.#checkedAt > checkIntervalMs) this.check().catch(() => undefined);
    return this.#mark(this.#id);
  }

  /** Reads the ID, and makes it or puts it back if the store has none. Rejects with a `StoreUnavailableError`. */
  check(): Promise<string> {
    this.#checkedAt = performance.now();
    this.#checking ??= this.#read().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  async #read(): Promise<string> {
    const { commands, key, changed } = this.#options;
    const own = this.#id ?? randomBytes(9).toString("base64url");
    const stored = await commands.ask(async (redis) => {
      // A key of another type is damaged, and replaced.
      const there = await redis.getex(key, "EX", lifeSeconds).catch(asDamaged);
      if (typeof there === "string" && idForm.test(there)) return there;
      if (there !== null) await redis.set(key, own, "EX", lifeSeconds);
      else if ((await redis.set(key, own, "EX", lifeSeconds, "NX")) === null) return redis.get(key);
      return own;
    });
    const before = this.known;
    this.#id = typeof stored === "string" && idForm.test(stored) ? stored : own;
    if (before !== undefined && before !== this.known) changed(before);
    return this.#mark(this.#id);
  }

  #mark = (id: string) => `@${id}.${this.#options.database}`;
}
