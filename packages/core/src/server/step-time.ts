import type { Limits } from "../limits.js";
import type { Method } from "./method.js";

interface StepTimeOptions {
  /** The caller's own limit (ms). */
  timeoutMs: number | undefined;
  /** Whether the server's progress gives it more time. */
  isRenewed: boolean | undefined;
}

/** How long a step may take. */
export class StepTime {
  /** Until its end, or until it is renewed (ms). */
  readonly ms: number;
  /** However often it is renewed (ms). */
  readonly maxMs: number;
  readonly #isOwn: boolean;
  readonly #began = performance.now();
  /** The limit (ms) that applies now, and whether it is on the time since the last progress. */
  #current: { ms: number; isSilence: boolean };

  constructor({ time, totalTime = time }: Method, limits: Limits, { timeoutMs, isRenewed }: StepTimeOptions) {
    const [usual, total] = [limits[time], Math.max(limits[totalTime], limits[time])];
    this.#isOwn = timeoutMs !== undefined && timeoutMs <= total;
    this.ms = timeoutMs === undefined ? usual : Math.min(timeoutMs, total);
    this.maxMs = isRenewed && timeoutMs === undefined ? total : this.ms;
    this.#current = { ms: this.ms, isSilence: false };
  }

  /** The time (ms) that is left once the server has reported progress. The caller's own limit is never renewed. */
  renewedMs(): number {
    const leftMs = this.maxMs - (performance.now() - this.#began);
    const isSilence = this.ms < leftMs;
    this.#current = { ms: isSilence ? this.ms : this.maxMs, isSilence };
    return Math.max(Math.min(this.ms, leftMs), 0);
  }

  /** The limit that applies now, for its error. */
  limit(): { seconds: number; limitOf: "caller" | "progress" | undefined } {
    const { ms, isSilence } = this.#current;
    return { seconds: ms / 1_000, limitOf: this.#isOwn ? "caller" : isSilence ? "progress" : undefined };
  }
}
