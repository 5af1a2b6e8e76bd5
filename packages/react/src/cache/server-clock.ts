/**
 * An estimate of the store's clock from the events' `at`. An event cannot arrive before it happened, so the latest
 * lower bound is the best; a replayed one is far below it and changes nothing. Counts on a monotonic clock, so that
 * a computer whose clock is set does not move it.
 */
export class ServerClock {
  #offset: number | undefined;
  readonly #monotonic: () => number;

  constructor(monotonic: () => number = () => performance.now()) {
    this.#monotonic = monotonic;
  }

  /** Takes in an event's `at`, an ISO instant. */
  observe(at: string): void {
    const offset = Date.parse(at) - this.#monotonic();
    if (this.#offset === undefined || offset > this.#offset) this.#offset = offset;
  }

  /** ms since the epoch. The browser's own idea of it before the first event. */
  readonly now = (): number => {
    return this.#monotonic() + (this.#offset ?? performance.timeOrigin);
  };
}
