/**
 * Estimates the store's clock from the events' `at`. An event cannot arrive before it happened, so each one gives a
 * lower bound, and the latest bound is the best. A replayed event is far below it and changes nothing. The estimate
 * uses a monotonic clock, so setting the computer's clock does not change it.
 */
export class ServerClock {
  #offset: number | undefined;
  readonly #monotonic: () => number;

  constructor(monotonic: () => number = () => performance.now()) {
    this.#monotonic = monotonic;
  }

  /** Uses an event's `at`, an ISO instant, for the estimate. */
  observe(at: string): void {
    const offset = Date.parse(at) - this.#monotonic();
    if (this.#offset === undefined || offset > this.#offset) this.#offset = offset;
  }

  /** ms since the epoch. Before the first event, by the browser's own clock. */
  readonly now = (): number => {
    return this.#monotonic() + (this.#offset ?? performance.timeOrigin);
  };
}
