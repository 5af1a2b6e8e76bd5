/**
 * The store's clock between its answers: the last time it reported, plus the time since then by a clock that is never
 * set. All processes of a fleet judge leases by it, however wrong their own clocks are.
 */
export class StoreClock {
  #offset: number | undefined;

  get known(): boolean {
    return this.#offset !== undefined;
  }

  set(now: number): void {
    this.#offset = now - performance.now();
  }

  /** ms since the epoch. Before the first answer, this machine's own. */
  now(): number {
    return Math.round(this.#offset === undefined ? Date.now() : this.#offset + performance.now());
  }
}
