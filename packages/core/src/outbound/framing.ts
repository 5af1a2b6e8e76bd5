import { Allowance } from "../budgets/allowance.js";
import { checkFirst } from "../budgets/answer-room.js";
import { ReadingTurns } from "../budgets/reading-turns.js";
import { LimitExceededError } from "../errors.js";
import { inBytes } from "./answer-body.js";

/**
 * How many bytes may arrive in a row without a byte of the body: the head with the informational answers before it (RFC
 * 9110 §15.2), trailers (RFC 9112 §7.1.2), or what stands between two chunks.
 */
export const maxRunBytes = 16_384;

/**
 * How many bytes an answer may have besides its body. The framing of a long body may be as long as the body in
 * addition.
 */
const maxFramingBytes = 131_072;

/**
 * How many bytes of framing are usual for an answer, and how many for each byte of its body: a long head, and chunks of 24
 * bytes. The rest is odd.
 */
const [usualBytes, usualPerBodyByte] = [8_192, 1 / 4];

/** How many odd bytes the servers of one user may send in a minute before more of them have to wait. */
const oddBytesPerMinute = 262_144;

/** As how many odd bytes an answer counts that was cut off because of its form. */
const bytesPerCutOff = 65_536;

/**
 * As how many bytes of a body an odd byte counts in a turn of the event loop. The parser calls us for every few of
 * them.
 */
const bodyBytesPerOddByte = 16;

/** How long (ms) an answer waits altogether for odd bytes: half of its request's time, and so long at most. */
const maxWaitMs = 30_000;

/** How much the parser gets at a time: of a body, and of anything else. */
const [bodyPieceBytes, otherPieceBytes] = [16_384, 4_096];

interface Totals {
  /** What has arrived on the socket for the request, with the bytes of TLS. */
  wire: number;
  /** What the parser has taken of it. */
  parsed: number;
  /** What of this is the body. */
  body: number;
}

interface FramingOptions {
  host: string;
  /** In whose share of odd bytes the answer is read. */
  user: string;
  /** The time (ms) of the request. */
  timeout: number;
}

/**
 * Judges what arrives for one request besides its body. The parser calls us for each chunk, each field of a head or of
 * trailers, and each informational answer, so a byte of these costs as much as hundreds of a body.
 */
export class Framing {
  readonly #host: string;
  readonly #user: string;
  #parsed = 0;
  #body = 0;
  #run = 0;
  /** Whether the head of the final answer has ended, and when the last bytes were counted. */
  #isHeadOver = false;
  #wasHeadOver = false;
  #oddBytes = 0;
  readonly #maxWaitMs: number;
  /** How long (ms) it has waited, and when the wait that is under way began. */
  #waited = 0;
  #waitsSince: number | undefined;

  constructor({ host, user, timeout }: FramingOptions) {
    this.#host = host;
    this.#user = user;
    this.#maxWaitMs = Math.min(timeout / 2, maxWaitMs);
  }

  /** The parser has read the head of the final answer. */
  headEnded(): void {
    this.#isHeadOver = true;
  }

  /** Counts what the parser has taken. Throws a {@link LimitExceededError}. */
  count({ wire, parsed, body }: Totals): void {
    const isNew = body > this.#body || this.#isHeadOver !== this.#wasHeadOver;
    this.#run = isNew ? 0 : this.#run + parsed - this.#parsed;
    this.#wasHeadOver = this.#isHeadOver;
    this.#parsed = parsed;
    this.#body = body;
    if (wire - body > maxFramingBytes + body)
      this.cutOff(`sent more than ${inBytes(maxFramingBytes)} besides the body of its answer`);
    const odd = parsed - body - usualBytes - body * usualPerBodyByte;
    if (odd <= this.#oddBytes) return;
    const more = odd - this.#oddBytes;
    this.#oddBytes = odd;
    Allowance.of("framing").spend(this.#user, more, oddBytesPerMinute);
    ReadingTurns.ofAnswers.spend(this.#user, more * bodyBytesPerOddByte);
  }

  /** How much (bytes) the parser may get next. Throws a {@link LimitExceededError} if nothing more. */
  get nextBytes(): number {
    if (this.#parsed > 0 && this.#run === 0) return bodyPieceBytes;
    const left = maxRunBytes - this.#run;
    if (left > 0) return Math.min(left, otherPieceBytes);
    const what = this.#isHeadOver ? "in a row besides the body of its answer" : "of headers";
    return this.cutOff(`sent more than ${inBytes(maxRunBytes)} ${what}`);
  }

  /**
   * How long (ms) the parser gets nothing of what has arrived: other odd answers of the user's servers have used up what
   * they may send. Throws a {@link LimitExceededError} if the answer would wait until its request has no time left.
   */
  wait(): number {
    const ms = this.#oddBytes > 0 ? Allowance.of("framing").wait(this.#user) : 0;
    const now = performance.now();
    if (this.#waitsSince !== undefined) this.#waited += now - this.#waitsSince;
    this.#waitsSince = ms > 0 ? now : undefined;
    if (ms === 0 || this.#waited + ms <= this.#maxWaitMs) return ms;
    throw new LimitExceededError({
      message: `${this.#host} and your other servers have sent too much besides the bodies of their answers`,
      hint: `Wait two minutes. ${checkFirst}`,
      retryable: false,
    });
  }

  /** Throws the error for a server that sends its answer in such a form. The user's next odd answers wait the longer. */
  cutOff(what: string): never {
    Allowance.of("framing").spend(this.#user, bytesPerCutOff, oddBytesPerMinute);
    throw new LimitExceededError({
      message: `${this.#host} ${what}`,
      hint: "Contact the server's provider.",
      retryable: false,
    });
  }
}
