import type { ConnectDeps } from "../connection/connect.js";
import { Links } from "./links.js";
import type { SessionOfUser } from "./ready.js";

interface Pooled {
  links: Links;
  users: number;
  idle?: NodeJS.Timeout;
}

export interface LinkPoolOptions {
  /** How many sessions' links stay open while no call uses them. */
  maxIdle?: number;
  /** How long (ms) they do. */
  idleMs?: number;
}

/**
 * Keeps the links of sessions open between single calls. Each use compares them with the session, as it has just been
 * read. Ending them only closes sockets, and no timer keeps the process running.
 */
export class LinkPool {
  readonly #maxIdle: number;
  readonly #idleMs: number;
  /** By session, the one that was used last at the end. */
  readonly #pooled = new Map<string, Pooled>();

  constructor({ maxIdle = 256, idleMs = 60_000 }: LinkPoolOptions = {}) {
    this.#maxIdle = maxIdle;
    this.#idleMs = idleMs;
  }

  /** How many sessions have links here. */
  get size(): number {
    return this.#pooled.size;
  }

  /** Runs work with the links of a session. */
  async use<T>(deps: ConnectDeps, session: SessionOfUser, work: (links: Links) => Promise<T>): Promise<T> {
    const key = JSON.stringify([session.userId, session.sessionId]);
    const pooled = this.#pooled.get(key) ?? { links: new Links(deps, session), users: 0 };
    clearTimeout(pooled.idle);
    this.#pooled.delete(key);
    this.#pooled.set(key, pooled);
    pooled.users += 1;
    try {
      return await work(pooled.links);
    } finally {
      pooled.users -= 1;
      if (pooled.users === 0) await this.#rest(key, pooled);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pooled].map(([key, pooled]) => this.#end(key, pooled)));
  }

  async #rest(key: string, pooled: Pooled): Promise<void> {
    // After a failure nothing is open, as for a session that does not exist.
    if (this.#pooled.get(key) !== pooled || !pooled.links.isOpen) return this.#end(key, pooled);
    pooled.idle = setTimeout(() => void this.#end(key, pooled), this.#idleMs).unref();
    if (this.#pooled.size <= this.#maxIdle) return;
    const idle = [...this.#pooled].filter(([, { users }]) => users === 0);
    const surplus = idle.slice(0, Math.max(0, idle.length - this.#maxIdle));
    await Promise.all(surplus.map(([least, unused]) => this.#end(least, unused)));
  }

  async #end(key: string, pooled: Pooled): Promise<void> {
    clearTimeout(pooled.idle);
    if (this.#pooled.get(key) === pooled) this.#pooled.delete(key);
    await pooled.links.close();
  }
}
