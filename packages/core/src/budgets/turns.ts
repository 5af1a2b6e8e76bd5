import { isMcpSessionError } from "@mcp-assistant/protocol";
import { LimitExceededError, processBusy } from "../errors.js";

/** How much may be under way at the same time. */
export interface Lanes {
  /** Of each key. */
  perKey: number;
  /** Of all keys together. */
  inAll: number;
}

/** How many may wait for each key. */
const maxWaiting = 1_000;

interface Wait {
  amount: number;
  begin: () => void;
  /** Leaves the queue. Returns the function that rejects. */
  leave: () => (reason: unknown) => void;
}

interface Lane {
  underWay: number;
  waiting: Set<Wait>;
}

/**
 * Lets work begin in turn: the oldest of one key, then the oldest of the next key. However much waits for one key, at most
 * one piece of it comes before the first of another. A piece that is larger than a whole lane is as large as the lane.
 */
export class Turns {
  readonly #lanes: Lanes;
  /** In the order of their next turns. */
  readonly #keys = new Map<string, Lane>();
  readonly #maxWaitMs: number;
  #underWay = 0;
  #waiting = 0;

  constructor(lanes: Lanes, { maxWaitMs = 5_000 } = {}) {
    this.#lanes = lanes;
    this.#maxWaitMs = maxWaitMs;
  }

  /** How much is under way at this moment. */
  get underWay(): number {
    return this.#underWay;
  }

  /** How many wait at this moment. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Begins at once if nothing stands in front of it. Returns the function to call when the work has ended. */
  now(key: string, amount: number): (() => void) | undefined {
    const cut = this.#cut(amount);
    const lane = this.#lane(key);
    if (this.#waiting > 0 || !this.#fits(lane, cut)) return undefined;
    return this.#begin(key, lane, cut);
  }

  /**
   * Waits for the turn of this amount, and returns the same function. Rejects with a {@link LimitExceededError} when too
   * many of its key wait, or it has waited too long: only then, and only if others were in front of it, the process is
   * busy. Rejects with the reason of an aborted signal, and as {@link failed} says.
   */
  async take(key: string, amount: number, signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    return this.now(key, amount) ?? this.#wait(key, this.#cut(amount), signal);
  }

  /**
   * A piece of work has failed with this error, which is returned. If the storage did not answer, it would not answer
   * what waits either, so this fails at once in the same way: all of it, or that of one key.
   */
  failed(error: unknown, key?: string): unknown {
    if (!isMcpSessionError(error) || error.code !== "STORE_UNAVAILABLE") return error;
    const lanes = key === undefined ? [...this.#keys.values()] : [this.#lane(key)];
    const waits = lanes.flatMap(({ waiting }) => [...waiting]);
    for (const reject of waits.map(({ leave }) => leave())) reject(error);
    this.#next();
    return error;
  }

  #cut(amount: number): number {
    return Math.min(amount, this.#lanes.perKey, this.#lanes.inAll);
  }

  /** The lane of a key. It is forgotten when nothing is in it. */
  #lane(key: string): Lane {
    return this.#keys.get(key) ?? { underWay: 0, waiting: new Set() };
  }

  #wait(key: string, amount: number, signal: AbortSignal | undefined): Promise<() => void> {
    const lane = this.#lane(key);
    if (lane.waiting.size >= maxWaiting) return Promise.reject(tooManyWaiting());
    this.#keys.set(key, lane);
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
        if (lane.waiting.delete(wait)) this.#waiting -= 1;
        this.#forget(key, lane);
        return reject;
      };
      const giveUp = (reason: unknown) => {
        leave()(reason);
        this.#next();
      };
      const abort = () => giveUp(signal?.reason);
      const late = () => giveUp(this.#isOwnLaneFull(lane) ? tooManyWaiting() : tooBusy());
      const timer = setTimeout(late, this.#maxWaitMs).unref();
      const begin = () => {
        leave();
        resolve(this.#begin(key, lane, amount));
      };
      const wait = { amount, begin, leave };
      lane.waiting.add(wait);
      this.#waiting += 1;
      signal?.addEventListener("abort", abort, { once: true });
      // Others may wait only because their own lanes are full.
      this.#next();
    });
  }

  /** Whether what waits in a lane waits for the lane itself, and not for what other keys have under way. */
  #isOwnLaneFull({ underWay, waiting }: Lane): boolean {
    const [first] = waiting;
    return first !== undefined && underWay + first.amount > this.#lanes.perKey;
  }

  #fits({ underWay }: Lane, amount: number): boolean {
    return underWay + amount <= this.#lanes.perKey && this.#underWay + amount <= this.#lanes.inAll;
  }

  #begin(key: string, lane: Lane, amount: number): () => void {
    // A key that has had its turn is the last one to have the next.
    this.#keys.delete(key);
    this.#keys.set(key, lane);
    lane.underWay += amount;
    this.#underWay += amount;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      lane.underWay -= amount;
      this.#underWay -= amount;
      this.#forget(key, lane);
      this.#next();
    };
  }

  /** Begins what fits. Nothing passes a piece whose own lane has room: a large one would wait forever. */
  #next(): void {
    for (let isDone = this.#waiting === 0; !isDone; ) {
      isDone = true;
      for (const lane of this.#keys.values()) {
        const [first] = lane.waiting;
        if (!first || lane.underWay + first.amount > this.#lanes.perKey) continue;
        if (!this.#fits(lane, first.amount)) return;
        first.begin();
        isDone = false;
        break;
      }
    }
  }

  #forget(key: string, lane: Lane): void {
    if (lane.underWay === 0 && lane.waiting.size === 0 && this.#keys.get(key) === lane) this.#keys.delete(key);
  }
}

const tooManyWaiting = () =>
  new LimitExceededError({
    message: "Too many of your requests wait for their turn",
    hint: "Do fewer things at once, then try again.",
    retryable: true,
  });

const tooBusy = () =>
  processBusy("too many requests wait for its storage", "Run more processes, or give them a faster Redis.");
