/**
 * Wakes those who wait for something to be different. It stays rung until it is reset, which comes before one looks, so
 * that nothing is missed that happens meanwhile.
 */
export class Wake {
  readonly #waiting = new Set<AbortController>();
  #isRung = false;

  ring(): void {
    this.#isRung = true;
    for (const waiting of this.#waiting) waiting.abort();
  }

  reset(): void {
    this.#isRung = false;
  }

  /** Resolves once it is rung, or as {@link pauseUntil} does. */
  async wait(ms: number | undefined, ...signals: readonly AbortSignal[]): Promise<void> {
    if (this.#isRung) return;
    const rung = new AbortController();
    this.#waiting.add(rung);
    await pauseUntil(ms, rung.signal, ...signals);
    this.#waiting.delete(rung);
  }
}

/**
 * Resolves after `ms` (undefined: never), or when one of the signals aborts. Leaves nothing on the signals, which may
 * live for days. Does not keep a process running.
 */
export function pauseUntil(ms: number | undefined, ...signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = ms === undefined ? undefined : setTimeout(end, ms).unref();
    for (const signal of signals) signal.addEventListener("abort", end);
    if (signals.some(({ aborted }) => aborted)) end();
  });
}
