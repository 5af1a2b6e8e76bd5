/**
 * Ends one request, or one step of several, when its caller gives up or when it times out. Leaves no listener on the
 * caller's signal.
 */
export class Deadline {
  readonly #over = new AbortController();
  readonly #caller: AbortSignal | null | undefined;
  #timer: NodeJS.Timeout;

  constructor(caller: AbortSignal | null | undefined, ms: number) {
    this.#caller = caller;
    this.#timer = setTimeout(this.#late, ms);
    if (caller?.aborted) this.#abort();
    else caller?.addEventListener("abort", this.#abort);
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Whether the caller gave up, for a reason other than its own timeout. */
  get cancelled(): boolean {
    return this.signal.aborted && this.#caller?.aborted === true && !isTimeout(this.signal.reason);
  }

  /** Whether this deadline or a timeout of the caller has passed. */
  get late(): boolean {
    return this.signal.aborted && isTimeout(this.signal.reason);
  }

  /** Restarts the timer, with `ms` from now. */
  extend(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#late, ms);
  }

  /** Clears the timer. The caller's signal still counts. */
  lift(): void {
    clearTimeout(this.#timer);
  }

  /** Stops waiting: clears the timer and the listener. */
  end(): void {
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener("abort", this.#abort);
  }

  /** Like {@link end}, and also aborts the request if it is still in progress. */
  cut(): void {
    this.end();
    this.#over.abort();
  }

  /** Ends it with this reason. */
  abort(reason: unknown): void {
    this.#over.abort(reason);
  }

  readonly #abort = () => this.#over.abort(this.#caller?.reason);
  readonly #late = () => this.#over.abort(new DOMException("The time is over", "TimeoutError"));
}

const isTimeout = (reason: unknown) => reason instanceof DOMException && reason.name === "TimeoutError";
