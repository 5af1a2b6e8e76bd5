import { AsyncLocalStorage } from "node:async_hooks";
import { setMaxListeners } from "node:events";
import { LimitExceededError } from "../errors.js";
import type { Limits } from "../limits.js";
import { inBytes } from "../outbound/answer-body.js";
import type { AnswerBudget } from "./answer-meter.js";

/** What limits.messages grows by with every second of a step: progress of a long call is no flood. */
const messagesPerSecond = 10;
/** The most requests of its own that a server may put beside one answer of ours: each is answered with a request of ours. */
const mostServerRequests = 16;

/** What a call can bring less of when its arguments ask for less. A list of tools is as long as it is. */
const askable: ReadonlySet<keyof Limits> = new Set(["resultBytes", "contents", "messages"]);

/** How deep the tools of a list and the contents of a result lie: in a message, its result, and their array. */
const memberDepth = 4;
/** What else may lie there: objects in `_meta` and in notifications. */
const mostOtherMembers = 1_000;

/** A server ended its answer, and there was none in it. The cause is why it ended, where that is known. */
export class UnansweredError extends Error {}

interface StepOptions {
  /** The server, for the message. */
  host: string;
  limits: Limits;
  /** The limit for all bytes that come. */
  bytes: "resultBytes" | "toolListBytes";
}

const steps = new AsyncLocalStorage<Step>();

/**
 * One thing that we want from a server: the handshake, its list of tools, the result of a call. All that it answers in the
 * meantime counts against the limits; what breaks one ends this step at once, and no other.
 */
export class Step implements AnswerBudget {
  readonly #host: string;
  readonly #limits: Limits;
  readonly #bytesLimit: StepOptions["bytes"];
  readonly #broken = new AbortController();
  readonly #over = new AbortController();
  readonly #began = performance.now();
  #bytes = 0;
  #messages = 0;
  #requests = 0;
  #members = 0;

  constructor({ host, limits, bytes }: StepOptions) {
    this.#host = host;
    this.#limits = limits;
    this.#bytesLimit = bytes;
    // One for each page and each stream that is resumed.
    setMaxListeners(0, this.#over.signal);
  }

  /** The step that this code runs for. */
  static current(): Step | undefined {
    return steps.getStore();
  }

  /** Runs work, and all that it starts, for this step. */
  run<T>(work: () => Promise<T>): Promise<T> {
    return steps.run(this, work);
  }

  /** Runs what belongs to no step. */
  static runFree<T>(work: () => Promise<T>): Promise<T> {
    return steps.exit(work);
  }

  /** Aborts with the error when a limit is broken. */
  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  /** Aborts when nobody waits for an answer any longer. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  end(): void {
    // A reason of one's own: the one by default is an error with its stack, for each call.
    this.#over.abort("over");
  }

  takeBytes(count: number): void {
    this.#bytes += count;
    const most = this.#limits[this.#bytesLimit];
    if (this.#bytes > most) {
      const did = this.#bytesLimit === "resultBytes" ? "answered" : "lists its tools";
      this.#break(this.#bytesLimit, `${did} with more than ${inBytes(most)}`);
    }
  }

  takeMessage(): void {
    this.#messages += 1;
    const most = this.#limits.messages;
    if (this.#messages <= most) return;
    const allowance = ((performance.now() - this.#began) / 1_000) * messagesPerSecond;
    if (this.#messages > most + allowance) this.#break("messages", `sent more than ${most} messages with one answer`);
  }

  takeRequest(): void {
    this.#requests += 1;
    if (this.#requests > mostServerRequests) {
      this.#break("messages", `sent more than ${mostServerRequests} requests of its own with one answer`);
    }
  }

  takeNested(depth: number): void {
    const most = this.#limits.jsonDepth;
    if (depth > most) this.#break("jsonDepth", `answered with JSON of more than ${most} levels`);
    if (depth === memberDepth) this.#takeMember();
  }

  /** Before they are parsed: a list has tools there, a result its contents. Both may have a little else. */
  #takeMember(): void {
    this.#members += 1;
    if (this.#bytesLimit === "toolListBytes") {
      if (this.#members > this.#limits.tools + mostOtherMembers) this.checkTools(this.#members);
    } else if (this.#members > this.#limits.contents + mostOtherMembers) {
      this.#break("contents", `answered with more than ${this.#limits.contents} contents`);
    }
  }

  checkInstructions(instructions = ""): void {
    const most = this.#limits.instructionBytes;
    if (Buffer.byteLength(instructions) > most) {
      this.#break("instructionBytes", `gives instructions of more than ${inBytes(most)}`);
    }
  }

  checkTools(count: number): void {
    const most = this.#limits.tools;
    if (count > most) this.#break("tools", `lists more than ${most} tools`);
  }

  checkPages(count: number): void {
    const most = this.#limits.toolPages;
    if (count > most) this.#break("toolPages", `lists its tools on more than ${most} pages`);
  }

  refuse(): never {
    throw new UnansweredError("The answer is not what its headers say");
  }

  #break(limit: keyof Limits, what: string): never {
    const error = new LimitExceededError({
      message: `${this.#host} ${what}`,
      hint: `${askable.has(limit) ? "Ask for less at once. " : ""}The operator of this app can raise limits.${limit}.`,
      retryable: false,
    });
    this.#broken.abort(error);
    throw error;
  }
}
