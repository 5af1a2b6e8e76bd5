/** An action that runs a moment after it was requested, once for all requests in between. */
export class DelayedAction {
  readonly #action: () => void;
  readonly #delayMs: number;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(action: () => void, delayMs: number) {
    this.#action = action;
    this.#delayMs = delayMs;
  }

  request(): void {
    if (this.#ended) return;
    this.#timer ??= setTimeout(() => this.#run(), this.#delayMs);
  }

  /** Runs a pending action immediately. Later requests are ignored. */
  end(): void {
    this.#ended = true;
    if (this.#timer !== undefined) this.#run();
  }

  #run(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#action();
  }
}
