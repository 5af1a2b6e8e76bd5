/** The end of one request: its caller gives up, or its time is over. Leaves no listener on the caller's signal. */
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

  /** Whether the caller gave up, for another reason than that his own time is over. */
  get cancelled(): boolean {
    return this.signal.aborted && this.#caller?.aborted === true && !isTimeout(this.signal.reason);
  }

  /** Whether the time is over, this one or the caller's. */
  get late(): boolean {
    return this.signal.aborted && isTimeout(this.signal.reason);
  }

  /** Begins anew, with `ms` from now on. */
  extend(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#late, ms);
  }

  /** Nobody waits any longer. */
  end(): void {
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener("abort", this.#abort);
  }

  /** Ends the request itself, too, where it is still under way. */
  cut(): void {
    this.end();
    this.#over.abort();
  }

  readonly #abort = () => this.#over.abort(this.#caller?.reason);
  readonly #late = () => this.#over.abort(new DOMException("The time is over", "TimeoutError"));
}

const isTimeout = (reason: unknown) => reason instanceof DOMException && reason.name === "TimeoutError";
